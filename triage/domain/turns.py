"""When it is the turn of a question: does it make sense for a call, and does it come early?"""

from collections.abc import Iterable
from typing import NamedTuple

from triage.domain.cases import Case
from triage.domain.conditions import ALWAYS, NEVER, Condition
from triage.domain.facts import Fact, Vocabulary
from triage.domain.term_index import Tally, TermIndex
from triage.domain.terms import terms_of


class Turn(NamedTuple):
    """One question, with the conditions (bits) under which it makes sense and comes with the gate,
    and its place among the others."""

    fact: Fact
    sense: int
    first: int
    place: int


class Turns:
    """The turns of every question that can be asked.

    Questions share their conditions, and all of them are decided together, as rules are.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        facts = [fact for fact in vocabulary.facts.values() if not fact.is_situation]
        whens = [(fact.ask_when or ALWAYS, _with_the_gate(fact)) for fact in facts]
        terms = {one: terms_of(one) for when in whens for one in when}
        ordered = sorted(terms, key=lambda one: -len(terms[one]))
        bit = {one: 1 << number for number, one in enumerate(ordered)}
        self._index = TermIndex([terms[one] for one in ordered], vocabulary.facts)
        self.of = {
            fact.name: Turn(fact, bit[sense], bit[first], vocabulary.place_of[fact.name])
            for fact, (sense, first) in zip(facts, whens, strict=True)
        }

    def now(self, cases: Iterable[Case]) -> Tally:
        """The conditions that hold, and those that may. Of several readings of a call the first
        counts in which a condition is not false."""
        true = undecided = 0
        for case in cases:
            here = self._index.tally(self._index.state(case.reading.answers, case.heard))
            left = ~(true | undecided)
            true, undecided = true | here.true & left, undecided | here.undecided & left
        return Tally(true, undecided)


def _with_the_gate(fact: Fact) -> Condition:
    return ALWAYS if fact.ask == "gate" else fact.ask_first or NEVER
