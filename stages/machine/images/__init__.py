"""The host image as code: its inputs and its build."""
