"""Which terms are true whenever another one is, whatever else is answered."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from triage.domain.moves import Choice
from triage.domain.rule_book import numbers_in

if TYPE_CHECKING:
    from triage.domain.ruleset import RuleSet
    from triage.domain.term_index import TermIndex


def implications(index: "TermIndex", choices: Mapping[str, Choice]) -> Iterator[tuple[int, int]]:
    """Each term (bit), with the terms that it makes true besides itself.

    One follows from another when it reads no other facts and every answer that leaves the other
    one true leaves it true as well. A caller who turns out not to see changes nothing of that:
    their answers do what unknown does, which is among those looked at.
    """
    listed = {name: one for name, one in choices.items() if one.exhaustive}
    never = index.mentioning  # nor what depends on answers that are not all listed
    for name, table in index.tables.items():
        never |= 0 if name in listed else table.reads
    readers = [(one.reads, one.moves) for one in listed.values() if one.reads]
    for number in numbers_in(index.everything):
        term = 1 << number
        follows = index.everything & ~never
        for reads, moves in readers:
            if not reads & term:
                follows &= ~reads
                continue
            for move in moves:
                if not term & (spoils := move.contradicts | move.leaves_unknown):
                    follows &= ~spoils
        yield term, follows


def giving_way(rule_set: "RuleSet", choices: Mapping[str, Choice]) -> dict[str, int]:
    """By response, the terms (bits) with which somebody with a stronger claim is required.

    Where one of them is true the response does not answer. Rules with a date are left aside.
    """
    book = rule_set.book
    claims = [(response, rules & ~book.dated) for response, rules in book.requires.items()]
    required = book.index.unfold(book.of_kind.get("require", 0) & ~book.dated)
    found = dict.fromkeys(rule_set.precedence, 0)
    for term, follows in implications(book.index, choices):
        if not follows & required:
            continue
        rules = book.index.fold(follows & required)
        first = next(place for place, (_, own) in enumerate(claims) if rules & own)
        no_weaker = [response for response, _ in claims[: first + 1]]
        for response in found:
            if response not in no_weaker:
                found[response] |= term
    return found
