"""The only place that connects adapters to ports: `office` for what needs no stage, else `workshop`."""
