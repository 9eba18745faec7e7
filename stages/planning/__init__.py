"""What turns a stage that was observed into the one that is wanted. Pure."""
