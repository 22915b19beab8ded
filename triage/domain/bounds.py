"""What can still come of a call, judged from its rules without trying any answer.

Bounds for the search in `outlook`: quick, and never too narrow. An open rule may fire or not,
whatever the others do; what no such combination can bring about, no answer can.
"""

from collections.abc import Iterable, Set

from triage.domain.claims import Claims
from triage.domain.conclusions import keep
from triage.domain.positions import Position
from triage.domain.ruleset import ASK_MORE, Level

MOST_CLAIMS = 2_000
"""Claims kept for one rule set."""


class Bounds:
    """The bounds of one position.

    assumed -- rules that are taken to be true in the end.
    sure -- rules that fire whatever is answered.
    maybe -- rules that fire or not, depending on answers.
    """

    def __init__(self, position: Position, assumed: int = 0) -> None:
        self._rule_set = rule_set = position.rule_set
        self._book, self._teams = rule_set.book, position.teams
        self.sure = position.fired & ~position.may_change | assumed
        self.maybe = position.may_fire & ~self.sure
        self._counting = position.fired & position.may_change & ~assumed
        asking = position.asking & ~assumed
        self._may_stop_asking = asking & position.may_change
        self._possible = position.may_fire | assumed
        kept, conclusions = rule_set.ahead.claims, rule_set.ahead.conclusions
        sure, possible = conclusions.choosing(self.sure), conclusions.choosing(self._possible)
        if sure & conclusions.requiring:  # then no points count
            sure, possible = sure & ~conclusions.scoring, possible & ~conclusions.scoring
        key = sure, possible, asking > 0, asking != self._may_stop_asking
        claims = kept.get(key)
        if claims is None:
            claims = Claims(rule_set, *key)
            keep(kept, key, claims, MOST_CLAIMS)
        self._claims = claims

    def relevant(self) -> int:
        """The open rules that could change response, level, companions or exclusions."""
        if not self.maybe | self._may_stop_asking:
            return 0
        return (
            self._relevant_levels()
            | self._relevant_companions()
            | self._relevant_exclusions()
            | self.deciding()
        )

    def deciding(self) -> int:
        """Those of them that require or score, or make the call wait."""
        return self._relevant_requirements() | self._relevant_choices()

    def responses(self) -> Set[str]:
        """Every response that could come out, the present one among them."""
        eligible = self._claims.eligible
        if not self._teams.limited:
            return eligible
        levels = self._levels()
        return {one for response in eligible for one in self._who_can_come(response, levels)}

    def ways_out(self, response: str) -> int | None:
        """Rules of which at least one has to become true before the response can come out.

        None where that cannot be said: it may come out without any, as where one of them counts
        while it is undecided.
        """
        ways = None if self._teams.limited else self._claims.ways_out(response)
        return None if ways is None or ways & self._counting else ways & self.maybe

    def may_become(self, response: str) -> bool:
        """Is this response among `responses()`?"""
        if self._teams.limited:
            return response in self.responses()
        return self._claims.may_become(response)

    # ---- what may be left out -------------------------------------------------

    def _relevant_levels(self) -> int:
        relevant = 0
        for _, rules in self._book.levels:
            if self.sure & rules:
                break
            relevant |= self.maybe & rules
        return relevant

    def _relevant_requirements(self) -> int:
        relevant, stronger = 0, True
        for response, rules in self._book.requires.items():
            if self.sure & rules:
                stronger = False
            elif self.maybe & rules:
                # A weaker response that comes along anyway gains nothing by being required,
                # unless that would lift an exclusion.
                comes_anyway = self.sure & self._book.companions.get(response, 0)
                if stronger or not comes_anyway or self._claims.may_be_excluded(response):
                    relevant |= self.maybe & rules
        return relevant

    def _relevant_companions(self) -> int:
        relevant = 0
        for rules in self._book.companions.values():
            if not self.sure & rules:
                relevant |= self.maybe & rules
        return relevant & self._book.of_kind.get("also", 0)

    def _relevant_exclusions(self) -> int:
        relevant = 0
        for response, rules, entirely in self._book.excludes:
            if self.sure & self._book.requires.get(response, 0):
                continue
            if not self.sure & rules:
                relevant |= self.maybe & rules
            elif not self.sure & entirely:
                relevant |= self.maybe & entirely
        return relevant

    def _relevant_choices(self) -> int:
        """Scores, and rules that make the call wait, while no requirement decides."""
        if self._claims.required:
            return 0
        possible = self._claims.unrequired
        if len(possible) == 1:
            return 0
        relevant = self._may_stop_asking if ASK_MORE in possible else 0
        for response, (rules, _) in self._book.scores.items():
            if response in possible:
                relevant |= self.maybe & rules
        return relevant

    # ---- what is possible -------------------------------------------------------

    def _levels(self) -> list[Level]:
        possible = []
        for level, rules in self._book.levels:
            if self._possible & rules:
                possible.append(level)
            if self.sure & rules:
                return possible
        return [*possible, self._rule_set.level[self._rule_set.default_level]]

    def _who_can_come(self, eligible: str, levels: Iterable[Level]) -> set[str]:
        obstacles = [self._teams.obstacle(eligible, level) for level in levels]
        if eligible == ASK_MORE or not any(obstacles):
            return {eligible}
        possible = set() if all(obstacles) else {eligible}
        for instead in self._rule_set.fallbacks_of.get(eligible, ()):
            if self._claims.surely_excluded(instead):
                continue
            possible.add(instead)
            in_time = not any(self._teams.obstacle(instead, level) for level in levels)
            if in_time and not self._claims.may_be_excluded(instead):
                return possible
        return possible | {eligible}
