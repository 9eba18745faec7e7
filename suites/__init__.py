"""What must hold of a stage: plain pytest, by hand or as a gate; imports nothing of pipeline and stages."""
