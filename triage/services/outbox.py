"""Texts we owe: written down with what they tell of, handed over by a worker."""
