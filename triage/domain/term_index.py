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
from operator import and_, getitem, itemgetter, or_
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answer_states import AnswerStates
from triage.domain.answers import Answers
from triage.domain.conditions import FALSE, TRUE, Mentions
from triage.domain.narrative import NOTHING_HEARD, Heard
from triage.domain.terms import Literal, Term

if TYPE_CHECKING:
    from triage.domain.facts import Fact

FEW = 4
"""So few terms are looked at one by one."""
LONG = 8
"""So many rules, those with the most terms, have further terms that are looked at rule by rule."""
SHORT = 8
"""So many further terms have a table of all their combinations."""


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
        self.lifted = _union(terms for literal, terms in by_literal.items() if literal.unless)
        """Terms with something that must not be known to be so: true for as long as it is not."""
        self.facts = tuple(self.tables)
        self._known = tuple(table.known for table in self.tables.values())
        self._all_given = itemgetter(*self.facts) if len(self.facts) > 1 else None
        self._listen(by_literal)

    # ---- where the terms are ----------------------------------------------------

    def _place(self, terms: Sequence[Sequence[Term]]) -> None:
        """Give every term its bit."""
        most = max(map(len, terms), default=0)
        self.bits: list[list[int]] = [[] for _ in terms]
        self._slots: list[tuple[int, int]] = []
        place = slots = 0
        for slot in range(most):
            holders = sum(len(own) > slot for own in terms)
            if holders > LONG or slot == 0:
                self._slots.append((place, (1 << holders) - 1))
                slots += 1
            for number in range(holders):
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
            (1 << number, _mask(bits[slots:]))
            for number, bits in enumerate(self.bits[:LONG])
            if bits[slots:]
        ]
        self._tail = min((bits[slots] for bits in self.bits[:LONG] if bits[slots:]), default=place)
        self._of_tail = self._list_tails() if place - self._tail <= SHORT else None

    def _list_tails(self) -> list[int]:
        """The rules by the further terms that are there, all at once."""
        rules = [0]
        for bit in range(self._tail, self.width):
            rules += [before | self._rule_of[bit + 1] for before in rules]
        return rules

    def fold(self, terms: int) -> int:
        """The rules that have one of these terms."""
        rules = 0
        if len(self._slots) > 1 and terms.bit_count() <= FEW:
            while terms:
                lowest = terms & -terms
                rules |= self._rule_of[lowest.bit_length()]
                terms ^= lowest
            return rules
        for place, mask in self._slots:
            rules |= terms >> place & mask
        if self._of_tail is not None:
            return rules | self._of_tail[terms >> self._tail]
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

        In each *layer* a term has at most one wanted mention, so that one OR for each heard word
        brings its terms to life. Few terms have two, and need a second layer.
        """
        self.prompts: list[tuple[frozenset[str], Literal, int]] = []
        """Mentions that prompt a question: the words, the literal and the terms that have it."""
        self.mentioning = 0
        """Terms that have a mention."""
        self._forbids: dict[str, int] = {}
        layers: list[tuple[int, dict[str, int]]] = []
        for literal, terms in by_literal.items():
            mention = literal.about
            if not isinstance(mention, Mentions):
                continue
            self.mentioning |= terms
            if mention.asks is not None:
                self.prompts.append((frozenset(mention.terms), literal, terms))
            if literal.wanted:
                _add(layers, 0, mention.terms, terms)
            elif mention.asks is None:
                for word in mention.terms:
                    self._forbids[word] = self._forbids.get(word, 0) | terms
        self._lay(layers)
        self._forbids = {word: self._spared(terms) for word, terms in self._forbids.items()}
        self._open = self._both(self.everything)
        self._silence = self._mentioned({}, NOTHING_HEARD)

    def _lay(self, layers: Sequence[tuple[int, Mapping[str, int]]]) -> None:
        """Put the layers side by side, each as wide as a state, so that a word is one OR."""
        layers = layers or [(0, {})]
        places = [2 * self.width * number for number in range(len(layers))]
        *self._lower, self._top = places
        self._unsaid = 0
        self._says: dict[str, int] = {}
        for place, (taken, says) in zip(places, layers, strict=True):
            self._unsaid |= self._spared(taken) << place
            for word, terms in says.items():
                self._says[word] = self._says.get(word, 0) | self._both(terms) << place

    def _spared(self, terms: int) -> int:
        """Every term but these, in both halves."""
        return self._both(self.everything & ~terms)

    def _both(self, terms: int) -> int:
        return terms << self.width | terms

    def _mentioned(self, answers: Answers, heard: Heard) -> int:
        """What the narrative leaves of the terms, a state."""
        said, says = self._unsaid, self._says
        for word in heard:
            if word in says:
                said |= says[word]
        state = said >> self._top
        for place in self._lower:
            state &= said >> place
        for word in heard & self._forbids.keys() if self._forbids else ():
            state &= self._forbids[word]
        for words, literal, terms in self.prompts:
            if not heard.isdisjoint(words):
                state &= self._prompted(literal, terms, answers, heard)
        return state

    def _prompted(self, literal: Literal, terms: int, answers: Answers, heard: Heard) -> int:
        """A word was heard that prompts a question: open until the question has been put."""
        truth = literal.about.truth(answers, heard)
        if truth is TRUE or truth is FALSE:
            satisfied = (truth is TRUE) is literal.wanted
            return self._open if satisfied else self._spared(terms)
        return self.everything << self.width | self.everything & ~terms

    # ---- weighing --------------------------------------------------------------------

    def state(self, answers: Answers, heard: Heard) -> int:
        """The terms satisfied, and those not contradicted."""
        said = self._mentioned(answers, heard) if heard else self._silence
        if self._all_given and len(answers) >= len(self.facts):
            try:
                return reduce(and_, map(getitem, self._known, self._all_given(answers)), said)
            except KeyError:  # one was not asked, or see below
                pass
        try:
            return reduce(and_, map(getitem, self._known, map(answers.get, self.facts)), said)
        except KeyError:  # an answer that no table has yet
            states = map(AnswerStates.after, self.tables.values(), map(answers.get, self.facts))
            return reduce(and_, states, said)

    def tally(self, state: int) -> Tally:
        """Every rule's standing, dates left aside."""
        satisfied, alive = state & self.everything, state >> self.width
        true = self.fold(satisfied)
        if alive == satisfied:
            return Tally(true, 0)
        return Tally(true, self.fold(alive) ^ true)


def _add(
    layers: list[tuple[int, dict[str, int]]], at: int, words: Iterable[str], terms: int
) -> None:
    """Put a mention into the first layer where its terms have none yet."""
    if at == len(layers):
        layers.append((0, {}))
    taken, says = layers[at]
    for word in words:
        says[word] = says.get(word, 0) | terms & ~taken
    layers[at] = taken | terms, says
    if more := terms & taken:
        _add(layers, at + 1, words, more)


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _mask(bits: Iterable[int]) -> int:
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask
