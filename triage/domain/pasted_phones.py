"""Which telephone number of a pasted text is the one to call back, wherever on its line it stands.

House numbers, dates, times, positions and the numbers of a CAD are none: a number is grouped as
people write telephone numbers, and nothing is joined to it. What is named as the number of somebody
else (a fax, a dispatch center, a carrier), and what is free to ring, is not the caller's.
"""

import re
from collections.abc import Collection, Iterator

_AREA, _EXCHANGE = r"(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-]?)", r"[2-9]\d\d[ .-]?"
_ALONE, _ENDS = r"(?<![\w.+#/-])", r"(?![\w/#-]|[.:,]\d)"
_GROUPED = re.compile(
    rf"{_ALONE}(?:\+1[ .-]?|1[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[.-]\d{{4}}{_ENDS}"
)
_ANY = rf"(?:\+?1[ .-]?)?{_AREA}{_EXCHANGE}\d{{4}}"
NUMBER = re.compile(rf"(?<!\d){_ANY}(?!\d)")
"""Beside a label that says that it is a telephone number."""
_CALL_BACK = re.compile(
    r"\b(?:call ?-?back|callbk|cbn|cbk|cb)(?: ?(?:number|num|nbr|no))?\b[ ]*[#:=.]*[ ]*"
    rf"(?P<number>{_ANY}){_ENDS}",
    re.IGNORECASE,
)
_OTHERS = (
    r"\b(?:fax|tty|tdd|psap|noc|police|sheriff|law|fire|ems|pd|fd|so|dispatch|carrier|provider"
    r"|telco|co|amb|ambulance|amr|medical|medics?|rescue|hospital|24[ ]?[x/][ ]?7|cad|case|event"
    r"|run|ref|inc(?:ident)?|id)\b"
)
_OF_OTHERS = re.compile(_OTHERS + r"[^\w\n]*(?:\w+[^\w\n]+)?\Z", re.IGNORECASE)
"""Before a number, with one more word between them at most."""
_DENIED = re.compile(r"\b(?:not|never|no|don'?t|nunca)\b[^.;!?]*\Z", re.IGNORECASE)
"""Before "call back 202-555-0142": the one that must not be rung."""
_CALLS_FROM = re.compile(
    r"(?:[ ,;:]+(?:calls?|called|calling|from|at|on|cell|mobile|phone|tel))+[ .:]*\Z", re.IGNORECASE
)
_FREE = re.compile(r"[(]?8(?:00|33|44|55|66|77|88)\b")
_OF_NOBODY = re.compile(r"[(]?\d{3}[) .-]*\d11")
"""No exchange of a telephone ends in 11: 212-511-0001 stands for a mobile's tower (NENA's pANI)."""
_SHORTLY_BEFORE = 40

Span = tuple[int, int]


def named(text: str) -> Span | None:
    """The first number that is called the call-back number."""
    for found in _CALL_BACK.finditer(text):
        before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not _DENIED.search(before):
            return found.span("number")
    return None


def tells_of_others(words: str) -> bool:
    return bool(re.search(_OTHERS, words, re.IGNORECASE))


def is_of_nobody(number: str) -> bool:
    """Does it stand for a tower or a service, whatever it is called?"""
    return bool(_OF_NOBODY.match(re.sub(r"^\+?1[ .-]?", "", number)))


def unnamed(text: str, taken: Collection[Span]) -> list[Span]:
    """Numbers that may be the caller's, though nothing says so."""
    return [
        span
        for span in _grouped(text)
        if not any(span[0] < stop and start < span[1] for start, stop in taken)
    ]


def _grouped(text: str) -> Iterator[Span]:
    for found in _GROUPED.finditer(text):
        before = text[max(0, found.start() - _SHORTLY_BEFORE) : found.start()]
        number = re.sub(r"^\+?1[ .-]?", "", found[0])
        if not (_OF_OTHERS.search(before) or _FREE.match(number) or is_of_nobody(number)):
            yield found.span()


def without_number(line: str) -> str:
    """The name or the street before a telephone number."""
    number = NUMBER.search(line)
    return _CALLS_FROM.sub("", line[: number.start()]) if number else line
