"""Points of all past calls at once, added up in binary and compared without leaving it."""

from collections.abc import Iterator, Mapping
from math import gcd

from triage.domain.bitmaps import Bitmap, add_up, at_least, greater, nobody, union
from triage.domain.ruleset import RuleSet


class Scores:
    """The points that the fired rules give each response, over a history.

    Points may be negative. Every total is kept higher by the same amount, so that none is.
    """

    def __init__(self, rule_set: RuleSet, fired: Mapping[str, Bitmap], rows: int) -> None:
        self._rows = rows
        given: dict[str, list[tuple[int, Bitmap]]] = {}
        for rule in rule_set.rules:
            if rule.kind == "score":
                for response, number in rule.points:
                    given.setdefault(response, []).append((number, fired[rule.id]))
        step = gcd(*(n for points in given.values() for n, _ in points)) or 1
        self._step = step  # points are mostly fives and tens: counting in fives is shorter
        self._given = {
            response: [(number // step, bits) for number, bits in given[response]]
            for response in rule_set.precedence
            if response in given
        }
        self._thresholds = {response: rule_set.threshold(response) for response in self._given}
        lowest = {r: -sum(n for n, _ in points if n < 0) for r, points in self._given.items()}
        self._raised = max(lowest.values(), default=0)
        self._reaching = dict(self._reached())

    def winners(self, among: Bitmap, excluded: Mapping[str, Bitmap]) -> dict[str, Bitmap]:
        """By response, those calls of `among` in which it has the most points of all that may."""
        leads: dict[str, Bitmap] = {}
        best: list[Bitmap] = []
        decided = nobody(self._rows)
        for response, (reached, total) in self._reaching.items():
            may = reached & among
            if response in excluded:
                may &= ~excluded[response]
            if not may.any():
                continue
            ahead = may & (greater(total, best, self._rows) | ~decided) if leads else may
            leads[response] = ahead
            decided = decided | may
            best = self._kept(best, total, ahead)
        return dict(_last_lead(leads, self._rows))

    def _kept(self, best: list[Bitmap], total: list[Bitmap], better: Bitmap) -> list[Bitmap]:
        """The best points so far, now that some calls have better ones."""
        nothing = nobody(self._rows)
        longest = max(len(best), len(total))
        old = best + [nothing] * (longest - len(best))
        new = total + [nothing] * (longest - len(total))
        return [was ^ (was ^ becomes) & better for was, becomes in zip(old, new, strict=True)]

    def _reached(self) -> Iterator[tuple[str, tuple[Bitmap, list[Bitmap]]]]:
        """By response, the calls with points enough to win, and everybody's total."""
        for response, points in self._given.items():
            threshold = self._thresholds[response]
            scored = union((bits for _, bits in points), self._rows)
            if threshold is None or not scored.any():
                continue
            total = self._total(points)
            steps = -(-threshold // self._step)
            enough = at_least(steps + self._raised, total, self._rows)
            if (reached := scored & enough).any():
                yield response, (reached, total)

    def _total(self, points: list[tuple[int, Bitmap]]) -> list[Bitmap]:
        """Points lost are points kept by everybody else: -5 if so is -5, and 5 if not."""
        lost = sum(number for number, _ in points if number < 0)
        addends = [(n, bits) if n > 0 else (-n, ~bits) for n, bits in points if n]
        if self._raised + lost:
            addends.append((self._raised + lost, ~nobody(self._rows)))
        return add_up(addends, self._rows)


def _last_lead(leads: dict[str, Bitmap], rows: int) -> Iterator[tuple[str, Bitmap]]:
    """Who took the lead last has won."""
    taken = nobody(rows)
    for response in reversed(leads):
        yield response, leads[response] & ~taken
        taken |= leads[response]
