"""Words that were meant: one letter wrong, missing, doubled or swapped.

Only verbs are mended, and only longer ones: a code that is one letter off could be somebody
else's, and a short word that is one letter off is another word.
"""

from collections.abc import Iterator
from functools import lru_cache

from triage.domain.reply_words import (
    CARRIER_WORDS,
    DENIALS,
    FILLERS,
    NOTE_WORDS,
    ORDINARY_WORDS,
    VERB_OF,
    Verb,
)

SHORTEST = 5
"""Letters of a word that is mended, as it was meant."""
_MENDED = {phrase[0]: verb for phrase, verb in VERB_OF.items() if len(phrase) == 1}
_AS_THEY_ARE = CARRIER_WORDS | DENIALS | FILLERS | NOTE_WORDS | ORDINARY_WORDS | set(_MENDED)


@lru_cache(maxsize=4096)
def verb_meant(word: str) -> Verb | None:
    """The verb that this word is a mistyped form of; None if none, or if it could be two.

    word -- in capitals, without accents.
    """
    if word in _AS_THEY_ARE or not word.isalpha() or len(word) < SHORTEST - 1:
        return None
    near = {
        verb
        for known, verb in _MENDED.items()
        if len(known) >= SHORTEST and word in _one_error_from(known)
    }
    return near.pop() if len(near) == 1 else None


@lru_cache(maxsize=256)
def _one_error_from(word: str) -> frozenset[str]:
    return frozenset(_mistyped(word)) - {word}


def _mistyped(word: str) -> Iterator[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
