"""The rules as bits: what each answer contradicts and what it satisfies, looked up, not evaluated.

Every rule is an OR of terms and every term owns one bit. A *state* is one integer of two halves:
the lower holds the terms that are satisfied, the upper those that are not contradicted. Each
answer to each fact has its state ready in a table, so weighing a call is one look-up and one AND
per fact, one AND for what the narrative mentions, and folding terms into rules. What is satisfied
has fired; what is merely not contradicted waits. `Condition.truth` is the readable definition of
the same meaning.

Rules with more terms come first, so that the n-th terms of all rules that have one lie side by
side and are folded by one shift.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, getitem
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answer_states import AnswerStates
from triage.domain.answers import Answers
from triage.domain.conditions import FALSE, TRUE, Mentions
from triage.domain.narrative import Heard
from triage.domain.terms import Literal, Term

if TYPE_CHECKING:
    from triage.domain.facts import Fact

FEW = 4
"""So few terms are folded one by one."""
SLOTS = 8
"""Terms of a rule that are folded by shifting; further ones are looked at one rule at a time."""


class Tally(NamedTuple):
    """How the rules stand for given answers, each as a set of rules (bits)."""

    true: int
    """The condition holds."""
    undecided: int
    """It is neither true nor false, by what is known so far."""


class TermIndex:
    """The terms of rules 0, 1, 2 ..., which must be sorted by falling number of terms."""

    def __init__(self, terms: Sequence[Sequence[Term]], facts: Mapping[str, "Fact"]) -> None:
        self.rules = len(terms)
        self._place(terms)
        by_literal = self._by_literal(terms)
        self.tables = self._tables(by_literal, facts)
        self.facts = tuple(self.tables)
        self._states = tuple(self.tables.values())
        self._listen(by_literal)

    # ---- where the terms are ----------------------------------------------------

    def _place(self, terms: Sequence[Sequence[Term]]) -> None:
        """Give every term its bit."""
        most = max(map(len, terms), default=0)
        self.bits: list[list[int]] = [[] for _ in terms]
        self._slots: list[tuple[int, int]] = []
        place = 0
        for slot in range(most):
            holders = [number for number, own in enumerate(terms) if len(own) > slot]
            if slot < SLOTS:
                self._slots.append((place, (1 << len(holders)) - 1))
            for number in holders:
                self.bits[number].append(place)
                place += 1
        self.width = place
        self.everything = (1 << place) - 1
        """All terms."""
        self._rule_of = [0] * (place + 1)
        for number, bits in enumerate(self.bits):
            for bit in bits:
                self._rule_of[bit + 1] = 1 << number
        self._further = [
            (1 << number, _mask(bits[SLOTS:]))
            for number, bits in enumerate(self.bits)
            if bits[SLOTS:]
        ]

    def fold(self, terms: int) -> int:
        """The rules that have one of these terms."""
        rules = 0
        if terms.bit_count() <= FEW:
            while terms:
                lowest = terms & -terms
                rules |= self._rule_of[lowest.bit_length()]
                terms ^= lowest
            return rules
        for place, mask in self._slots:
            rules |= terms >> place & mask
        for rule, further in self._further:
            if terms & further:
                rules |= rule
        return rules

    def unfold(self, rules: int) -> int:
        """All terms of these rules."""
        terms = 0
        for place, mask in self._slots:
            terms |= (rules & mask) << place
        for rule, further in self._further:
            if rules & rule:
                terms |= further
        return terms

    def _by_literal(self, terms: Sequence[Sequence[Term]]) -> dict[Literal, int]:
        found: dict[Literal, int] = {}
        for number, own in enumerate(terms):
            for place, term in zip(self.bits[number], own, strict=True):
                for literal in term:
                    found[literal] = found.get(literal, 0) | 1 << place
        return found

    def _tables(
        self, by_literal: Mapping[Literal, int], facts: Mapping[str, "Fact"]
    ) -> dict[str, AnswerStates]:
        by_fact: dict[str, dict[Literal, int]] = {}
        for literal, terms in by_literal.items():
            if (fact := literal.fact) is not None:
                by_fact.setdefault(fact, {})[literal] = terms
        return {
            name: AnswerStates(facts[name], literals, self.width)
            for name, literals in by_fact.items()
        }

    # ---- what the narrative says --------------------------------------------------

    def _listen(self, by_literal: Mapping[Literal, int]) -> None:
        """Arrange the mentions.

        Almost every term has at most one, wanted and prompting nothing: these are the terms that
        one OR per heard word brings to life. The others are looked at one by one.
        """
        plain: list[tuple[Mentions, int]] = []
        self._wanted: list[tuple[frozenset[str], int]] = []
        self._denied: list[tuple[frozenset[str], int]] = []
        self.prompts: list[tuple[frozenset[str], Literal, int]] = []
        """Mentions that prompt a question: the words, the literal and the terms that have it."""
        for literal, terms in by_literal.items():
            mention = literal.about
            if not isinstance(mention, Mentions):
                continue
            words, others = frozenset(mention.terms), self._both(self.everything & ~terms)
            if mention.asks is not None:
                self.prompts.append((words, literal, terms))
                if literal.wanted:
                    self._wanted.append((words, others))
            elif literal.wanted:
                plain.append((mention, terms))
            else:
                self._denied.append((words, others))
        self._listen_for(plain)

    def _listen_for(self, plain: Sequence[tuple[Mentions, int]]) -> None:
        once = twice = 0
        for _, terms in plain:
            twice |= once & terms
            once |= terms
        self._unsaid = self._both(self.everything & ~(once & ~twice))
        self._says: dict[str, int] = {}
        for mention, terms in plain:
            for word in mention.terms:
                self._says[word] = self._says.get(word, 0) | self._both(terms & ~twice)
            if terms & twice:
                others = self._both(self.everything & ~(terms & twice))
                self._wanted.append((frozenset(mention.terms), others))
        self._silence = reduce(and_, (others for _, others in self._wanted), self._unsaid)

    def _both(self, terms: int) -> int:
        return terms << self.width | terms

    def _after_mentions(self, state: int, answers: Answers, heard: Heard) -> int:
        if not heard:
            return state & self._silence
        said = self._unsaid
        for word in heard:
            said |= self._says.get(word, 0)
        state &= said
        for words, others in self._wanted:
            if heard.isdisjoint(words):
                state &= others
        for words, others in self._denied:
            if not heard.isdisjoint(words):
                state &= others
        for words, literal, terms in self.prompts:
            if not heard.isdisjoint(words):
                state &= self._prompted(literal, terms, answers, heard)
        return state

    def _prompted(self, literal: Literal, terms: int, answers: Answers, heard: Heard) -> int:
        """A word was heard that prompts a question: open until the question has been put."""
        truth = literal.about.truth(answers, heard)
        if truth is TRUE or truth is FALSE:
            satisfied = (truth is TRUE) is literal.wanted
            return -1 if satisfied else self._both(self.everything & ~terms)
        return self.everything << self.width | self.everything & ~terms

    # ---- weighing --------------------------------------------------------------------

    def state(self, answers: Answers, heard: Heard) -> int:
        """The terms satisfied, and those not contradicted."""
        found = reduce(and_, map(getitem, self._states, map(answers.get, self.facts)), -1)
        return self._after_mentions(found, answers, heard)

    def weigh(self, answers: Answers, heard: Heard) -> Tally:
        """Every rule's standing, dates left aside."""
        state = self.state(answers, heard)
        satisfied = state & self.everything
        alive, true, may = state >> self.width, 0, 0
        for place, mask in self._slots:  # `fold`, of both halves at once
            true |= satisfied >> place & mask
            may |= alive >> place & mask
        for rule, further in self._further:
            if satisfied & further:
                true |= rule
            if alive & further:
                may |= rule
        return Tally(true, may & ~true)


def _mask(bits: Iterable[int]) -> int:
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask
