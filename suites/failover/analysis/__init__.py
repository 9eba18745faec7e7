"""What clients saw during a fault: from traces to measures, from history to lost writes.

Everything here is computed from values, without hosts, clocks or files; only `published` and `__main__` read
traces that others recorded.
"""
