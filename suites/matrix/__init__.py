"""The matrix: every fault that the failover gate has no time for, judged in the same way."""
