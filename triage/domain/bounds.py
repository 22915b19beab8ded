"""What can still come of a call, judged from its rules without trying any answer.

Bounds for the search in `outlook`: quick, and never too narrow. An open rule may fire or not,
whatever the others do; what no such combination can bring about, no answer can.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from triage.domain.conclusions import keep
from triage.domain.positions import Position
from triage.domain.ruleset import ASK_MORE, Level


class Points(NamedTuple):
    """What one response can score."""

    least: int
    most: int
    sure: int
    """By the rules that fire whatever is answered."""
    scored: bool
    """Is there such a rule?"""


class Bounds:
    """The bounds of one position.

    assumed -- rules that are taken to be true in the end.
    sure -- rules that fire whatever is answered.
    maybe -- rules that fire or not, depending on answers.
    """

    def __init__(self, position: Position, assumed: int = 0) -> None:
        rule_set = position.rule_set
        book = rule_set.book
        self._rule_set, self._book, self._teams = rule_set, book, position.teams
        self._excludes = book.excluded_by
        self.sure = position.fired & ~position.may_change | assumed
        self.maybe = position.may_fire & ~self.sure
        self._counting = position.fired & position.may_change & ~assumed
        self._asking = position.asking & ~assumed
        self._may_stop_asking = self._asking & position.may_change
        self._possible = position.may_fire | assumed
        self._chosen: set[str] | None = None
        self._required = self.sure & book.of_kind.get("require", 0) > 0

    @cached_property
    def _rivals(self) -> Sequence[tuple[str, int, int]]:
        """Responses that win in any case unless excluded: the least points, who may exclude."""
        return () if self._required else self._find_rivals()

    def relevant(self) -> int:
        """The open rules that could change response, level, companions or exclusions."""
        if not self.maybe | self._may_stop_asking:
            return 0
        return (
            self._relevant_levels()
            | self._relevant_requirements()
            | self._relevant_companions()
            | self._relevant_exclusions()
            | self._relevant_choices()
        )

    def responses(self) -> set[str]:
        """Every response that could come out, the present one among them."""
        eligible: set[str] = set()
        for response, rules in self._book.requires.items():
            if self._possible & rules:
                eligible.add(response)
            if self.sure & rules:
                break
        else:
            eligible |= self._unrequired()
        if not self._teams.limited:
            return eligible
        levels = self._levels()
        return {one for response in eligible for one in self._who_can_come(response, levels)}

    def ways_out(self, response: str) -> int | None:
        """Rules of which at least one has to become true before the response can come out.

        None where that cannot be said: it may come out without any, as where one of them counts
        while it is undecided. Rules that require or score it, and rules that exclude what would
        win instead.
        """
        ways = self._ways_out(response)
        return None if ways is None or ways & self._counting else ways

    def _ways_out(self, response: str) -> int | None:
        toward = self._book.speaks_for.get(response, 0)
        if self.sure & self._book.requires.get(response, 0) or self._teams.limited:
            return None
        if self._required:
            return self._book.requires.get(response, 0) & self.maybe
        own, points = self._excludes.get(response, 0), self._points_of(response)
        reached = points.sure if points.scored else None
        threshold = self._book.thresholds.get(response)
        ahead = [one for one in self._rivals if one[0] != response]
        if threshold is None or reached is None or reached < threshold:
            by_default = response == ASK_MORE or response in self._rule_set.by_default
            if not by_default:
                return toward & self.maybe
        else:
            ahead = [one for one in ahead if one[1] > reached]
        if not ahead:
            return None
        _, _, excluding = max(ahead, key=lambda one: one[1])
        return (toward | excluding & ~own) & self.maybe

    def may_become(self, response: str) -> bool:
        """Is this response among `responses()`?"""
        if self._teams.limited:
            return response in self.responses()
        for stronger, rules in self._book.requires.items():
            if stronger == response and self._possible & rules:
                return True
            if self.sure & rules:
                return False
        if response in self._book.thresholds and self._may_win(response):
            return True
        return self._comes_without_points(response)

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
                comes_anyway = self.sure & self._book.companions[response]
                if stronger or not comes_anyway or self._may_be_excluded(response):
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
        if self._required:
            return 0
        possible = self._unrequired()
        if len(possible) == 1:
            return 0
        relevant = self._may_stop_asking if ASK_MORE in possible else 0
        for response, (rules, _) in self._book.scores.items():
            if response in possible:
                relevant |= self.maybe & rules
        return relevant

    # ---- what is possible -------------------------------------------------------

    def _may_be_excluded(self, response: str) -> bool:
        return bool(self._possible & self._excludes.get(response, 0))

    def _surely_excluded(self, response: str) -> bool:
        required = self._possible & self._book.requires.get(response, 0)
        return bool(self.sure & self._excludes.get(response, 0)) and not required

    def _points_of(self, response: str) -> Points:
        """What the response can score."""
        rules, by_points = self._book.scores.get(response, (0, ()))
        kept, key = self._rule_set.ahead.points, (response, self.sure & rules, self.maybe & rules)
        known = kept.get(key)
        if known is None:
            known = _count(by_points, self.sure & rules, self.maybe & rules)
            keep(kept, key, known)
        return known

    def _find_rivals(self) -> list[tuple[str, int, int]]:
        rivals = []
        for response, threshold in self._book.thresholds.items():
            if not self.sure & self._book.scores[response][0]:
                continue
            least = self._points_of(response).least
            if least >= threshold and not self._surely_excluded(response):
                excluding = self._possible & self._excludes.get(response, 0)
                rivals.append((response, least, excluding))
        return rivals

    def _beaten(self, response: str) -> bool:
        """Does another response surely win when this one is not excluded?

        Whatever excludes the rival must not exclude this one, too.
        """
        most, own = self._points_of(response).most, self._excludes.get(response, 0)
        return any(
            least > most and not excluding & ~own
            for rival, least, excluding in self._rivals
            if rival != response
        )

    def _may_win(self, response: str) -> bool:
        """Can its points win?"""
        return (
            self._possible & self._book.scores[response][0] > 0
            and self._points_of(response).most >= self._book.thresholds[response]
            and not self._surely_excluded(response)
            and not self._beaten(response)
        )

    def _unrequired(self) -> set[str]:
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen

    def _choose(self) -> set[str]:
        """The responses that may come out while nothing is required."""
        eligible = {response for response in self._book.thresholds if self._may_win(response)}
        without_points = (ASK_MORE, *self._rule_set.by_default)
        return eligible | {one for one in without_points if self._comes_without_points(one)}

    def _comes_without_points(self, response: str) -> bool:
        """Can it come out when nothing is required and no points win?"""
        if any(not excluding for _, _, excluding in self._rivals):
            return False
        if response == ASK_MORE and self._asking:
            return True
        if self._asking & ~self._may_stop_asking:
            return False
        default, *instead = self._rule_set.by_default
        return response == default or (response in instead and self._may_be_excluded(default))

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
            if self._surely_excluded(instead):
                continue
            possible.add(instead)
            in_time = not any(self._teams.obstacle(instead, level) for level in levels)
            if in_time and not self._may_be_excluded(instead):
                return possible
        return possible | {eligible}


def _count(by_points: Iterable[tuple[int, int]], sure: int, maybe: int) -> Points:
    """What the rules that give these points can add up to."""
    certain = least = most = 0
    for points, giving in by_points:
        certain += points * (sure & giving).bit_count()
        if points < 0:
            least += points * (maybe & giving).bit_count()
        else:
            most += points * (maybe & giving).bit_count()
    return Points(certain + least, certain + most, certain, sure > 0)
