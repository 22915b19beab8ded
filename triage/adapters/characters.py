"""Characters that may not stand in a rule file: what nobody sees, or sees as something else.

`weapon` with a zero-width space in it is another word that looks the same, a mark for writing
from right to left turns a sentence around, and a space out of a word processor indents nothing.
"""

import re
import unicodedata
from collections.abc import Iterator

# Letters and marks that show nothing, although Python counts them as printable.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_AT_ONCE = 512
_INDENTING = re.compile(r"(^[ ]*\t[ \t]*)|\t", re.MULTILINE)


def refused(text: str) -> Iterator[tuple[int, str]]:
    """Every character that may not stand in a text, with its index. Line ends may."""
    if not _has_refused(text):
        return
    for start in range(0, len(text), _AT_ONCE):
        part = text[start : start + _AT_ONCE]
        if _has_refused(part):
            yield from ((start + at, one) for at, one in enumerate(part) if _has_refused(one))


def _has_refused(text: str) -> bool:
    printable = text.replace("\n", "").isprintable()
    return not printable or not (text.isascii() or _BLANK.search(text) is None)


def told(character: str) -> tuple[str, str]:
    """What is said of a refused character, and a hint."""
    if character == "\t":
        return "a tab", "use spaces"
    code, name = f"U+{ord(character):04X}", unicodedata.name(character, "")
    if unicodedata.category(character) == "Zs":
        return f"{name} ({code}) looks like a space and is none", "type a space"
    if name:
        return f"a character that nobody sees: {name} ({code})", "delete it"
    return f"a character that cannot be shown ({code})", "delete it"


def without(text: str, characters: set[str]) -> str:
    """The text as it will be once it is mended, so that the rest of it can be read.

    Tabs that indent stay: nobody knows how far they were meant to.
    """
    spaces = {one for one in characters if unicodedata.category(one) == "Zs"}
    changes = {ord(one): " " if one in spaces else None for one in characters - {"\t"}}
    return _INDENTING.sub(lambda tab: tab[1] or " ", text.translate(changes))
