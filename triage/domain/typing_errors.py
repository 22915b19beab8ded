"""Words that were meant: one letter wrong, missing, doubled or swapped.

Only verbs are mended, and only longer ones: a code that is one letter off could be somebody
else's, and a short word that is one letter off is another word. In a phrase of several words one
may be mistyped, a short one only with two letters swapped ("on teh way").
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from triage.domain.reply_words import (
    CARRIER_WORDS,
    DENIALS,
    FILLERS,
    LONGEST_PHRASE,
    NOTE_WORDS,
    ORDINARY_WORDS,
    VERB_OF,
    Verb,
)

SHORTEST = 5
"""Letters of a word that is mended, as it was meant."""
_MENDED = {phrase[0]: verb for phrase, verb in VERB_OF.items() if len(phrase) == 1}
_IN_PHRASES = {word for phrase in VERB_OF for word in phrase}
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


def phrase_meant(words: Sequence[str]) -> tuple[Verb, int] | None:
    """The verb of the phrase that these words begin with, one of them mistyped, and how many words
    it spans; None if none, or if it could be two."""
    for length in range(min(LONGEST_PHRASE, len(words)), 1, -1):
        if verb := _phrase_of(tuple(words[:length])):
            return verb, length
    return None


@lru_cache(maxsize=4096)
def _phrase_of(words: tuple[str, ...]) -> Verb | None:
    near = set()
    for phrase, verb in VERB_OF.items():
        if len(phrase) == len(words):
            off = [
                (word, known) for word, known in zip(words, phrase, strict=True) if word != known
            ]
            if len(off) == 1 and _is_slip(*off[0]):
                near.add(verb)
    return near.pop() if len(near) == 1 else None


def _is_slip(word: str, known: str) -> bool:
    if word in _AS_THEY_ARE or word in _IN_PHRASES or not word.isalpha():
        return False
    if len(known) >= SHORTEST:
        return word in _one_error_from(known)
    return len(known) == len(word) > 2 and word in set(_swapped(known))


@lru_cache(maxsize=256)
def _one_error_from(word: str) -> frozenset[str]:
    return frozenset(_mistyped(word)) - {word}


def _mistyped(word: str) -> Iterator[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from _swapped(word)
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if after:
            yield before + after[1:]
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]


def _swapped(word: str) -> Iterator[str]:
    """With two letters beside each other in the wrong order."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
