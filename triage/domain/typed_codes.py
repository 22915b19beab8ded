"""Codes of calls as they are typed in a text: with look-alikes, or glued to what they are about."""

import re

from triage.domain.reply_words import CARRIER_WORDS, VERB_OF

ALPHABET = "23456789CDFHJKMNPQRTVWXY"
"""No look-alikes, and no vowels, so that a code is never a word."""
_LOOK_ALIKES = str.maketrans("ZSBGU", "2586V")
_CLOCK = re.compile(r"\d+(AM|PM|M|MIN|MINS|H|HR|HRS|TH|ST|ND|RD)", re.ASCII)
_WORDS = CARRIER_WORDS | {phrase[0] for phrase in VERB_OF if len(phrase) == 1}


def as_code(word: str) -> str | None:
    """The code that a word is, or was meant to be, with look-alikes mended."""
    if len(word) != 4 or word.isdigit() or _CLOCK.fullmatch(word):
        return None
    if word.isalpha():  # our codes have a digit; without vowels it must be a mistyped one
        return word if all(sign in ALPHABET for sign in word) else None
    mended = word.translate(_LOOK_ALIKES)
    return mended if all(sign in ALPHABET for sign in mended) else word


def code_and_digit(word: str) -> tuple[str, int] | None:
    """K7QM1 or 1K7QM, typed without a space."""
    for code, digit in ((word[:-1], word[-1:]), (word[1:], word[:1])):
        if digit in {"1", "2", "3", "4"} and (meant := as_code(code)):
            return meant, int(digit)
    return None


def code_and_word(word: str) -> tuple[str, str] | None:
    """K7QMASSIST or ASSISTK7QM: only a code that needs no mending, beside a word that we know."""
    for code, rest in ((word[:4], word[4:]), (word[-4:], word[:-4])):
        mixed = not code.isalpha() and not code.isdigit()
        if rest in _WORDS and mixed and all(sign in ALPHABET for sign in code):
            return code, rest
    return None
