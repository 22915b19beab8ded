"""Codes for new calls."""

import re
from collections.abc import Iterator
from random import Random

from triage.domain.sms_replies import Reply, parse
from triage.domain.typed_codes import ALPHABET

_RUDE = re.compile("88|666|69|FCK|FK|KKK|CNT|DCK|CK|TWT|WTF|D3|F4")
"""What people would read into a code."""


def codes(random: Random) -> Iterator[str]:
    """Four letters and digits, at least one of each, again and again by chance: about 250,000
    there are."""
    while True:
        code = "".join(random.choices(ALPHABET, k=4))
        mixed = not code.isalpha() and not code.isdigit()
        if mixed and not _RUDE.search(code) and parse(code) == Reply(code):
            yield code


def long_code(random: Random) -> str:
    """For a call where no code is left. No text that names it is understood, so that it reaches a
    person and acts on no other call."""
    while True:
        code = "".join(random.choices(ALPHABET, k=6))
        if not _RUDE.search(code) and parse(code) == parse(f"{code} 1") == Reply():
            return code
