"""What looking ahead keeps of one rule set, between calls; no decision depends on it."""

from typing import TYPE_CHECKING

from triage.domain.answers import Gap, Value
from triage.domain.conclusions import Conclusions, keep
from triage.domain.moves import Path, choices_of
from triage.domain.ruleset import RuleSet

if TYPE_CHECKING:
    from triage.domain.ask_wording import Becomes, Told
    from triage.domain.foresight import Foresight


class Ahead:
    """What looking ahead keeps of one rule set.

    paths -- by response, answers that led to it from some call: tried first from the next.
    foreseen -- by where a call stands, what looking ahead found.
    told_alone -- by question and what its answers bring about, what is told of it.
    told_together -- by the open rules that read a question and what the call could become, what is
        told of one that matters only together with others.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self.choices = choices_of(rule_set)
        self.conclusions = Conclusions(rule_set)
        self.paths: dict[str, list[Path]] = {}
        self._folded: dict[int, int] = {}
        self._index = rule_set.book.index
        self.foreseen: dict[tuple[object, ...], Foresight] = {}
        self.told_alone: dict[tuple[str, tuple[tuple[Becomes, Value | Gap], ...]], Told] = {}
        self.told_together: dict[tuple[int, tuple[str, ...]], Told] = {}

    def fold(self, terms: int) -> int:
        """The rules that have one of these terms; the same few come up in call after call."""
        rules = self._folded.get(terms)
        if rules is None:
            rules = self._index.fold(terms)
            keep(self._folded, terms, rules)
        return rules
