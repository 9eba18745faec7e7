"""What is in effect on a host, asked of the running things themselves, and compared with what is declared."""
