"""Words that show whose telephone it is: texted to a new number, to be replied from it."""

import re
from collections.abc import Callable
from random import Random

LETTERS = "CDFHJKMNPQRTVWXY"
"""No vowels, so that it is no word, and no look-alikes."""
LENGTH = 6
"""Longer than the code of a call, so that neither is taken for the other."""


def new_code_word(random: Random, taken: Callable[[str], bool] = lambda _: False) -> str:
    """A word that nobody has yet."""
    while True:
        word = "".join(random.choices(LETTERS, k=LENGTH))
        if not taken(word):
            return word


def says(body: str, word: str) -> bool:
    """Does this text say that word, whatever else it says?"""
    return word in re.findall(r"[A-Z]+", body.upper())
