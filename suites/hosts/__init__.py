"""Access to the hosts of a stage: run scripts over ssh, read, wait."""
