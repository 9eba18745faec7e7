"""Nova's API and metadata, its scheduler and conductor, and Placement."""
