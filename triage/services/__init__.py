"""What people want done: one function for each. Nothing here commits or calls out."""
