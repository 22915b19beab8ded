"""What is kept: typed rows, encrypted columns and the one unit of work."""
