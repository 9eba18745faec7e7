"""The documents that pipeline and suites exchange: target, roster, report."""
