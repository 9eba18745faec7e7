"""The load gate: all APIs asked at once, and each host of a role compared with the others."""
