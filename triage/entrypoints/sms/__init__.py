"""What the telephone network tells us."""
