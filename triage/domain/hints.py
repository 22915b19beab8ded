"""Did you mean ...? For names that people type."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST = 60  # nobody misspells a name into something longer; keeps the comparison cheap


def _plain(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name.lower()).strip("_")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None."""
    wanted = _plain(name[:_LONGEST])
    by_plain = {_plain(candidate): candidate for candidate in known}
    if not wanted:
        return None
    if wanted in by_plain:
        return by_plain[wanted]
    ending = [plain for plain in by_plain if wanted.endswith(f"_{plain}")]
    close = ending or get_close_matches(wanted, by_plain, n=1, cutoff=0.7)
    return by_plain[max(close, key=len)] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "did you mean weapon?", the few names there are, or ""."""
    known = tuple(known)
    if (guess := nearest(name, known)) is not None:
        return f"did you mean {guess}?"
    return f"one of: {', '.join(known)}" if 0 < len(known) <= 12 else ""
