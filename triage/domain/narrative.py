"""Finding words in what the caller said.

Whole words and phrases, without regard to case, accents or punctuation. No negation is guessed:
"no knife" mentions a knife, which is why a mention only ever prompts a question or raises.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import ahocorasick

_NOT_A_WORD = re.compile(r"[\W_]+")
_ASCII_WORDS = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else ord(" ")
    for code in range(256)
)


Heard = frozenset[str]
"""The terms a rule set looks for, of which these are in the narrative."""
NOTHING_HEARD: Heard = frozenset()


def fold(text: str) -> str:
    """The text as words between single spaces, with one space at each end; " " when empty."""
    if text.isascii():  # the same, only faster
        words = f" {text.encode().translate(_ASCII_WORDS).decode().strip()} "
        while "  " in words:
            words = words.replace("  ", " ")
        return words
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_A_WORD.sub(" ", f" {plain} ")


@lru_cache(maxsize=16_384)
def folded_term(term: str) -> str:
    return fold(term)


class Listener:
    """Finds many terms in one pass over a narrative."""

    def __init__(self, terms: Iterable[str]) -> None:
        alike: dict[str, Heard] = {}
        for term in terms:
            folded = folded_term(term)
            alike[folded] = alike.get(folded, NOTHING_HEARD) | {term}
        self._automaton = ahocorasick.Automaton()
        for folded, spelt in alike.items():
            self._automaton.add_word(folded, spelt)
        self._automaton.make_automaton()
        self._listens = bool(alike)

    def hear(self, narrative: str) -> Heard:
        """The terms that a narrative contains."""
        return self.hear_folded(fold(narrative)) if narrative else NOTHING_HEARD

    def hear_folded(self, words: str) -> Heard:
        """The terms in a narrative that went through `fold`."""
        if not self._listens:
            return NOTHING_HEARD
        found = [spelt for _, spelt in self._automaton.iter(words)]
        return NOTHING_HEARD.union(*found) if len(found) != 1 else found[0]
