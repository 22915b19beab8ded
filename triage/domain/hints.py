"""Did you mean ...? For names that people type."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NO_COLON = re.compile(r"[=:\s]+")
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
    known = tuple(dict.fromkeys(known))
    if (guess := nearest(name, known)) is not None:
        return f"did you mean {guess}?{_look_alike(name)}"
    return f"one of: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def _look_alike(name: str) -> str:
    """Names have plain letters; others may look the same."""
    strange = next((one for one in name if not one.isascii()), "")
    return f" {strange} is {unicodedata.name(strange, 'no letter')}" if strange else ""


def of_key(name: str, known: Collection[str], meant: Mapping[str, str] | None = None) -> str:
    """As `did_you_mean`, for a key: something else may stand where its colon should.

    meant -- what other languages call it.
    """
    first, _, rest = (part.strip() for part in _NO_COLON.sub("\0", name, count=1).partition("\0"))
    if rest and first in known:
        return f"write {first}: {rest[:40]}, with a colon and a space"
    if meant and name in meant:
        return f"write {meant[name]}"
    return did_you_mean(name, known)
