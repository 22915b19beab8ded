"""Finding words in what the caller said.

Whole words and phrases, without regard to case, accents or punctuation. No negation is guessed:
"no knife" mentions a knife, which is why a mention only ever prompts a question or raises.
"""

import re
import unicodedata
from functools import lru_cache

_NOT_A_WORD = re.compile(r"[\W_]+")


Heard = frozenset[str]
"""The terms a rule set looks for, of which these are in the narrative."""


def fold(text: str) -> str:
    """The text as words between single spaces, with one space at each end; " " when empty."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_A_WORD.sub(" ", f" {plain} ")


@lru_cache(maxsize=16_384)
def folded_term(term: str) -> str:
    return fold(term)


def finds(term: str, folded_narrative: str) -> bool:
    """Is the term in a narrative that went through `fold`?"""
    return folded_term(term) in folded_narrative
