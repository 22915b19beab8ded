"""Whether a place, as somebody says it, is at an edge, on rails or by the water, or is only named
for one: "on the bridge" and "Fifth Street Bridge" are, "Bridge Street" and "Calle del Puente" are
not."""

import re
from collections.abc import Iterable, Iterator

from triage.domain.narrative import fold, folded_term

_GOES_ON = frozenset(
    (
        *("a", "at", "behind", "between", "by", "close", "from", "in", "inside", "into", "near"),
        *("next", "of", "off", "on", "opposite", "outside", "over", "past", "to", "under", "where"),
        *("with", "al", "cerca", "con", "de", "debajo", "del", "desde", "detras", "donde", "en"),
        *("entre", "frente", "junto", "sobre"),
    )
)
"""What may follow the word for a place; after anything else it is part of a longer name."""
_STREETS = frozenset(
    (
        *("avenida", "av", "barrio", "boulevard", "calle", "callejon", "calzada", "camino"),
        *("carretera", "colonia", "paseo", "plaza"),
    )
)
"""In Spanish the kind of street comes first."""
_PARTS = re.compile(r"[^\w\s'’&/-]+")
"""Two streets that cross stay together: "Bridge & 5th" names none of these places."""


def at_such_places(terms: Iterable[str], said: str) -> list[str]:
    """Those of `terms` that the place is, in the order of the terms."""
    parts = [fold(part) for part in _PARTS.split(said)]
    return [term for term in terms if any(_is_one(folded_term(term), part) for part in parts)]


def _is_one(term: str, part: str) -> bool:
    for at in _found(term, part):
        before, after = part[:at].split(), part[at + len(term) - 1 :].split()
        named_for = after and not (after[0] in _GOES_ON or after[0].isdigit())
        if not named_for and _STREETS.isdisjoint(before):
            return True
    return False


def _found(term: str, part: str) -> Iterator[int]:
    at = part.find(term)
    while at >= 0:
        yield at
        at = part.find(term, at + 1)
