"""Which terms are true whenever another one is, whatever else is answered."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from triage.domain.moves import Choice

if TYPE_CHECKING:
    from triage.domain.ruleset import RuleSet
    from triage.domain.term_index import TermIndex


def implications(index: "TermIndex", choices: Mapping[str, Choice]) -> Iterator[int]:
    """By number of a term, the terms (bits) that are true whenever it is.

    One follows from another when it reads no further facts and every answer that the other one
    allows makes it true as well. A caller who turns out not to see changes nothing of that:
    their answers do what unknown does, which is among those looked at.
    """
    listed = {name: one for name, one in choices.items() if one.exhaustive}
    never = index.mentioning  # nor what depends on answers that are not all listed
    for name, table in index.tables.items():
        never |= 0 if name in listed else table.reads
    readers = [(one.reads, one.moves) for one in listed.values() if one.reads]
    for number in range(index.width):
        term = 1 << number
        follows = index.everything & ~never
        for reads, moves in readers:
            if not reads & term:
                follows &= ~reads
                continue
            for move in moves:
                if not term & (spoils := move.contradicts | move.leaves_unknown):
                    follows &= ~spoils
        yield follows


def brought_by_terms(rule_set: "RuleSet", choices: Mapping[str, Choice]) -> tuple[int, ...]:
    """By number of a term, the rules that are true with it, of those that choose who answers.

    Rules with a date are left aside.
    """
    book = rule_set.book
    choosing = book.asks
    for kind in ("require", "exclude", "score"):
        choosing |= book.of_kind.get(kind, 0)
    terms = book.index.unfold(choosing & ~book.dated)
    return tuple(book.index.fold(one & terms) for one in implications(book.index, choices))


def giving_way(rule_set: "RuleSet", brought: Iterable[int]) -> dict[str, int]:
    """By response, the terms (bits) with which somebody with a stronger claim is required.

    Where one of them is true the response does not answer.
    """
    required, left = rule_set.book.requires, set(rule_set.precedence)
    weaker: dict[str, frozenset[str]] = {}
    for response in required:
        left.discard(response)
        weaker[response] = frozenset(left)
    found = dict.fromkeys(rule_set.precedence, 0)
    for number, rules in enumerate(brought):
        strongest = next((one for one, own in required.items() if rules & own), None)
        for response in weaker[strongest] if strongest else ():
            found[response] |= 1 << number
    return found
