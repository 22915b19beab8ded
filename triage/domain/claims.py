"""Who may still answer a call, by the rules about it that fire for certain and those that may.

What follows from the same rules is worked out once for all calls and all positions: the same few
sets of rules come up again and again.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from triage.domain.conclusions import keep
from triage.domain.ruleset import ASK_MORE, RuleSet


class Points(NamedTuple):
    """What one response can score."""

    least: int
    most: int
    sure: int
    """By the rules that fire whatever is answered."""
    scored: bool
    """Is there such a rule?"""


class Claims:
    """The responses that may come out of the rules before it is asked who can come.

    sure -- rules that require, exclude or score and fire whatever is answered: all that score, and
        of the others as many as say what all do.
    possible -- those that fire or may fire, likewise.
    asks, keeps_asking -- does a rule make the call wait, and one that goes on doing so?
    """

    def __init__(
        self, rule_set: RuleSet, sure: int, possible: int, asks: bool, keeps_asking: bool
    ) -> None:
        self._rule_set, self._book = rule_set, rule_set.book
        self._sure, self._possible, self._maybe = sure, possible, possible & ~sure
        self._asks, self._keeps_asking = asks, keeps_asking
        self._excludes = rule_set.book.excluded_by
        self.required = sure & rule_set.book.of_kind.get("require", 0) > 0
        self._may_become: dict[str, bool] = {}
        self._ways: dict[str, int | None] = {}

    @cached_property
    def eligible(self) -> frozenset[str]:
        """Every response that could come out, the present one among them."""
        eligible: set[str] = set()
        for response, rules in self._book.requires.items():
            if self._possible & rules:
                eligible.add(response)
            if self._sure & rules:
                return frozenset(eligible)
        return self.unrequired | eligible

    @cached_property
    def _rivals(self) -> Sequence[tuple[str, int, int]]:
        """Responses that win in any case unless excluded: the least points, who may exclude."""
        return () if self.required else self._find_rivals()

    def ways_out(self, response: str) -> int | None:
        """Rules of which at least one has to become true before the response can come out; None
        where it may come out without any. What cannot become true any more is among them.

        Rules that require or score it, and rules that exclude what would win instead.
        """
        if response not in self._ways:
            self._ways[response] = self._ways_out(response)
        return self._ways[response]

    def _ways_out(self, response: str) -> int | None:
        toward = self._book.speaks_for.get(response, 0)
        if self._sure & self._book.requires.get(response, 0):
            return None
        if self.required:
            return self._book.requires.get(response, 0)
        own, points = self._excludes.get(response, 0), self._points_of(response)
        reached = points.sure if points.scored else None
        threshold = self._book.thresholds.get(response)
        ahead = [one for one in self._rivals if one[0] != response]
        if threshold is None or reached is None or reached < threshold:
            by_default = response == ASK_MORE or response in self._rule_set.by_default
            if not by_default:
                return toward
        else:
            ahead = [one for one in ahead if self._outdoes(one[0], one[1], response, reached)]
        if not ahead:
            return None
        rival, _, _ = max(ahead, key=lambda one: one[1])
        return toward | self._excludes.get(rival, 0) & ~own

    def may_become(self, response: str) -> bool:
        """Is this response among those eligible?"""
        known = self._may_become.get(response)
        if known is None:
            known = self._may_become[response] = self._may_come(response)
        return known

    def _may_come(self, response: str) -> bool:
        for stronger, rules in self._book.requires.items():
            if stronger == response and self._possible & rules:
                return True
            if self._sure & rules:
                return False
        if response in self._book.thresholds and self._may_win(response):
            return True
        return self._comes_without_points(response)

    def may_be_excluded(self, response: str) -> bool:
        return bool(self._possible & self._excludes.get(response, 0))

    def surely_excluded(self, response: str) -> bool:
        required = self._possible & self._book.requires.get(response, 0)
        return bool(self._sure & self._excludes.get(response, 0)) and not required

    def _points_of(self, response: str) -> Points:
        """What the response can score."""
        rules, by_points = self._book.scores.get(response, (0, ()))
        kept, key = self._rule_set.ahead.points, (response, self._sure & rules, self._maybe & rules)
        known = kept.get(key)
        if known is None:
            known = _count(by_points, self._sure & rules, self._maybe & rules)
            keep(kept, key, known)
        return known

    def _find_rivals(self) -> list[tuple[str, int, int]]:
        rivals = []
        for response, least in self._winners():
            if not self.surely_excluded(response):
                excluding = self._possible & self._excludes.get(response, 0)
                rivals.append((response, least, excluding))
        return rivals

    def _winners(self) -> tuple[tuple[str, int], ...]:
        """Responses whose points suffice in any case, and the least of these."""
        scoring = self._book.of_kind.get("score", 0)
        if not self._sure & scoring:
            return ()
        kept, key = self._rule_set.ahead.winners, (self._sure & scoring, self._maybe & scoring)
        known = kept.get(key)
        if known is None:
            sure = self._sure
            scored = [
                (one, threshold, self._points_of(one).least)
                for one, threshold in self._book.thresholds.items()
                if sure & self._book.scores[one][0]
            ]
            known = tuple([(one, least) for one, needed, least in scored if least >= needed])
            keep(kept, key, known)
        return known

    def _beaten(self, response: str) -> bool:
        """Does another response surely win when this one is not excluded?

        Whatever excludes the rival must not exclude this one, too.
        """
        if not self._rivals:
            return False
        most, own = self._points_of(response).most, self._excludes.get(response, 0)
        for rival, least, excluding in self._rivals:
            wins = rival != response and not excluding & ~own
            if wins and self._outdoes(rival, least, response, most):
                return True
        return False

    def _outdoes(self, rival: str, points: int, response: str, most: int) -> bool:
        """Do these points of a rival win against those of the response? Ties go to the earlier."""
        precedence = self._rule_set.precedence
        return points > most or (points == most and precedence[rival] < precedence[response])

    def _may_win(self, response: str) -> bool:
        """Can its points win?"""
        return (
            self._possible & self._book.scores[response][0] > 0
            and self._points_of(response).most >= self._book.thresholds[response]
            and not self.surely_excluded(response)
            and not self._beaten(response)
        )

    @cached_property
    def unrequired(self) -> frozenset[str]:
        """The responses that may come out while nothing is required."""
        possible, scores = self._possible, self._book.scores
        scored = [one for one in self._book.thresholds if possible & scores[one][0]]
        eligible = [one for one in scored if self._may_win(one)]
        without_points = (ASK_MORE, *self._rule_set.by_default)
        eligible += [one for one in without_points if self._comes_without_points(one)]
        return frozenset(eligible)

    def _comes_without_points(self, response: str) -> bool:
        """Can it come out when nothing is required and no points win?"""
        by_default = self._rule_set.by_default
        if response != ASK_MORE and response not in by_default:
            return False
        if any(not excluding for _, _, excluding in self._rivals):
            return False
        if response == ASK_MORE and self._asks:
            return True
        if self._keeps_asking:
            return False
        default = by_default[0]
        return response == default or (response != ASK_MORE and self.may_be_excluded(default))


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
