"""What a client went through while something failed: from traces to measures, from history to lost writes.

Everything here is computed from values; nothing asks a host, a clock or a file (`published` and `__main__`
excepted, which read traces that others recorded).
"""
