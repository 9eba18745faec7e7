"""Effects: programs, files, hosts, containers, images."""
