"""Texts that say plainly that no help is needed. All others that name help are a cry for it."""

import re
from collections.abc import Sequence
from itertools import product

from triage.domain.reply_words import words_in
from triage.domain.typed_codes import as_code

_HELP = ("help", "more help", "backup", "more backup", "back up", "assistance", "more assistance")
_NEEDED = ("needed", "required", "necessary")
_DO_NOT = ("dont", "do not", "didnt", "did not", "no longer", "wont")
_PHRASES = frozenset(
    tuple(phrase.upper().split())
    for phrase in (
        *(f"no {it} {needed}" for it, needed in product(_HELP, _NEEDED)),
        *(f"{it} {verb}not {n}" for it, verb, n in product(_HELP, ("", "is "), _NEEDED)),
        *(f"no need for {it}" for it in _HELP),
        *(f"{do_not} need {it}" for do_not, it in product(_DO_NOT, ("any help", *_HELP))),
    )
)
"""Whole, one word after the other: "no need help" may be "No! Need help". There is no Spanish:
"no necesito ayuda" differs from "no, necesito ayuda" by the comma alone."""
_BEFORE = words_in(
    """4 all am are code copy dispatch fine good hello hi i im is it ok okay roger safe secure we
    well were"""
)
_AFTER = words_in("at this time thank thanks thx you")


def denied(words: Sequence[str], spans: Sequence[re.Match[str]]) -> bool:
    """Is this the whole text, but for a code, that all is well, and thanks? words -- as they are
    read; spans -- where they stand."""
    begin, end = 0, len(words)
    while begin < end and (words[begin] in _BEFORE or as_code(words[begin])):
        begin += 1
    while end > begin and (words[end - 1] in _AFTER or as_code(words[end - 1])):
        end -= 1
    if tuple(words[begin:end]) not in _PHRASES or "?" in spans[0].string:
        return False
    text = spans[0].string[spans[begin].start() : spans[end - 1].end()]
    return re.search(r"[^\w\s'’´`]|[\r\n]", text) is None  # "no, backup needed" is a cry
