"""What was typed, without the marks for the direction of writing.

Nobody sees or types such a mark; it comes along with what is pasted, and turns round what stands
behind it: with U+202E in front of it, 21 Mill reads lliM 12, another place than was said. Arabic,
Hebrew and all other letters need none: whatever shows them goes by the letters themselves.
"""

import re
from typing import Any

MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
_MARKS = re.compile(f"[{''.join(sorted(MARKS))}]")


def upright(text: str) -> str:
    """The text to keep and to show: without these marks, with every other sign as it was typed.

    Forms, the API and texts take them out as they come in, and so does every reading of what was
    saved before: no page, text, printout or answer to a program shows another place than was said.
    """
    return text if text.isascii() else _MARKS.sub("", text)


def all_upright(value: Any) -> Any:
    """Likewise every text in decoded JSON."""
    if isinstance(value, str):
        return upright(value)
    if isinstance(value, list):
        return [all_upright(one) for one in value]
    if isinstance(value, dict):
        return {name: all_upright(one) for name, one in value.items()}
    return value
