"""Ways in: pages, programs, texts, the command line and the clock."""
