"""Crisis call triage and co-responder dispatch."""

__version__ = "0.1.0"
