"""What looking ahead keeps of one rule set, between calls; no decision depends on it."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from triage.domain.answers import UNKNOWN, Gap, Value
from triage.domain.conclusions import Conclusions, keep
from triage.domain.implications import brought_by_terms, giving_way
from triage.domain.moves import Choice, Move, Narrowed, Path, choices_of
from triage.domain.ruleset import RuleSet
from triage.domain.turns import Turns

if TYPE_CHECKING:
    from triage.domain.ask_wording import Becomes, Told
    from triage.domain.claims import Claims, Points
    from triage.domain.foresight import Foresight
    from triage.domain.scouting import Alone, Effect

MOST_NARROWED = 5_000
"""Questions narrowed down to some of their answers, kept for one rule set."""
MOST_STANDINGS = 1_000
"""Ways in which the rules stand whose single answers are kept, for one rule set."""
MadeTrue = tuple[tuple[Move, int], ...]
"""Answers to one question, each with rules (bits)."""


class Ahead:
    """What looking ahead keeps of one rule set.

    turns -- when each question makes sense, and when it comes with the gate.
    paths -- by response, answers that led to it from some call: tried first from the next.
    doubts -- by response, the rule (bit) for which it was last not proven impossible: tried first.
    brought -- by number of a term, the rules about who answers that are true whenever it is.
    giving_way -- by response, the terms with which somebody with a stronger claim is required.
    counting -- the terms of rules that count, or make the call wait, while they are undecided.
    unknown -- by fact, the terms that can no longer become true when it is unknown.
    foreseen -- by where a call stands, what looking ahead found.
    points -- by response and the rules that score it, the sure and the open ones, its bounds.
    claims -- by the rules that require, exclude or score for certain, those that may, and whether
        any asks, who may answer.
    winners -- by the scoring rules that are sure or possible, whose points suffice in any case.
    becomes -- by the outcome now and after an answer, what is told of it.
    effects, several -- by what they consist of, effects and all effects of one question, so that
        those that are alike are one object: less is kept, and the collector has less to look at.
    told_alone -- by question and what its answers bring about, what is told of it.
    told_together -- by the open rules that read a question and what the call could become, what is
        told of one that matters only together with others.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self.choices = choices_of(rule_set)
        self.brought = brought_by_terms(rule_set, self.choices)
        self.giving_way = giving_way(rule_set, self.brought)
        self.conclusions = Conclusions(rule_set)
        self.turns = Turns(rule_set.vocabulary)
        self.paths: dict[str, list[Path]] = {}
        self.doubts: dict[str, int] = {}
        self._folded: OrderedDict[int, int] = OrderedDict()
        self._unfolded: OrderedDict[int, int] = OrderedDict()
        self._narrowed: OrderedDict[tuple[Choice, int], Narrowed | None] = OrderedDict()
        self._made_true: OrderedDict[tuple[Choice, int], MadeTrue] = OrderedDict()
        self._index = index = rule_set.book.index
        self.counting = index.unfold(rule_set.book.holds | rule_set.book.asks)
        states = [(name, table.after(UNKNOWN)) for name, table in index.tables.items()]
        self.unknown = {name: one >> index.width & ~one for name, one in states}
        self.foreseen: OrderedDict[tuple[object, ...], Foresight] = OrderedDict()
        self.points: OrderedDict[tuple[str, int, int], Points] = OrderedDict()
        self.claims: OrderedDict[tuple[int, int, bool, bool], Claims] = OrderedDict()
        self.winners: OrderedDict[tuple[int, int], tuple[tuple[str, int], ...]] = OrderedDict()
        self.becomes: OrderedDict[tuple[object, object], Becomes] = OrderedDict()
        self.effects: OrderedDict[tuple[int, int, float], Effect] = OrderedDict()
        self.several: OrderedDict[tuple[int, ...], Alone] = OrderedDict()
        self._alone: OrderedDict[tuple[object, ...], OrderedDict[tuple[int, ...], Alone]] = (
            OrderedDict()
        )
        self._around: dict[Choice, tuple[int, int]] = {}
        self.told_alone: OrderedDict[tuple[str, tuple[tuple[Becomes, Value | Gap], ...]], Told] = (
            OrderedDict()
        )
        self.told_together: OrderedDict[tuple[int, tuple[str, ...]], Told] = OrderedDict()

    def alone_from(self, standing: tuple[object, ...]) -> "OrderedDict[tuple[int, ...], Alone]":
        """Where the rules stand so: by question and what else its answers depend on, their effects.

        A question is its id there: numbers are nothing to the collector.
        """
        found = self._alone.get(standing)
        if found is None:
            found = OrderedDict()
            keep(self._alone, standing, found, MOST_STANDINGS)
        return found

    def around(self, choice: Choice) -> tuple[int, int]:
        """The rules that read a question, and all their terms."""
        found = self._around.get(choice)
        if found is None:
            rules = self._index.fold(choice.reads)
            found = self._around[choice] = rules, self._index.unfold(rules)
        return found

    def narrowed(self, choice: Choice, terms: int) -> Narrowed | None:
        """See `Choice.narrowed`."""
        # A term that does not read the fact is spoilt by no answer, whichever it is.
        key = choice, 0 if terms & ~choice.reads else terms
        try:
            return self._narrowed[key]
        except KeyError:
            found = choice.narrowed(terms)
        keep(self._narrowed, key, found, MOST_NARROWED)
        return found

    def made_true(self, choice: Choice, near: int) -> MadeTrue:
        """The answers that make any of these terms true, which wait for nothing else, each with
        the rules that are true then."""
        key = choice, near
        found = self._made_true.get(key)
        if found is None:
            satisfying = [(move, near & satisfied) for move, satisfied in choice.satisfying]
            found = tuple([(move, self.fold(terms)) for move, terms in satisfying if terms])
            keep(self._made_true, key, found, MOST_NARROWED)
        return found

    def fold(self, terms: int) -> int:
        """The rules that have one of these terms; the same few come up in call after call."""
        rules = self._folded.get(terms)
        if rules is None:
            rules = self._index.fold(terms)
            keep(self._folded, terms, rules)
        return rules

    def unfold(self, rules: int) -> int:
        """All terms of these rules; the same few come up, too."""
        terms = self._unfolded.get(rules)
        if terms is None:
            terms = self._index.unfold(rules)
            keep(self._unfolded, rules, terms)
        return terms
