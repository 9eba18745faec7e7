"""What reads the values that references name: one file a kind of place, behind one protocol."""
