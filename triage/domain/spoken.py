"""What whoever takes a telephone call of ours hears, and may answer with keys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One piece of a telephone call."""

    text: str
    asks: bool = False
    """Keys may be pressed then."""
    digits: int = 1
    """So many keys are one answer."""
    goodbye: str = ""
    """Said where no key is pressed."""
    private: bool = False
    """Personal: kept nowhere."""
    language: str = "en"
    """That it is spoken in."""


def spelled(code: str) -> str:
    """A code as it is said: sign by sign."""
    return ", ".join(code)
