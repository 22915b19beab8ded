"""What the field knows, as values: no Flask, no SQL, no clock, no files."""
