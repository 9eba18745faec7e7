"""What is read of a host for any component: journal, clock, disk, packages."""
