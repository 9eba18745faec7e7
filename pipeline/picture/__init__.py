"""The picture of a run: one self-contained HTML file, with what planes answered while its legs went on."""
