"""Who can come, for all past calls at once: `Availability` and fallbacks over sets of calls."""

from collections.abc import Iterator, Mapping

from triage.domain.bitmaps import Bitmap, nobody
from triage.domain.history import History
from triage.domain.ruleset import ASK_MORE, RuleSet

Sets = Mapping[str, Bitmap]


class Teams:
    """Which teams could have come to which calls, in time for the level of each."""

    def __init__(self, history: History, rule_set: RuleSet, levels: Sets) -> None:
        self._history, self._rule_set, self._levels = history, rule_set, levels
        self._known: dict[str, tuple[Bitmap, Bitmap]] = {}

    def going(self, eligible: Sets, excluded: Sets) -> dict[str, Bitmap]:
        """By response, the calls to which it goes when these are the eligible ones."""
        going: dict[str, Bitmap] = {}
        for response, calls in eligible.items():
            for goes, bits in self._instead_of(response, calls, excluded):
                if bits.any():
                    going[goes] = going[goes] | bits if goes in going else bits
        return going

    def late(self, required: Sets) -> dict[str, Bitmap]:
        """By response, the calls that require it and get it, but not in time."""
        late = {response: self._obstacles(response) for response in required}
        return {one: required[one] & later & ~away for one, (away, later) in late.items()}

    def _instead_of(
        self, eligible: str, calls: Bitmap, excluded: Sets
    ) -> Iterator[tuple[str, Bitmap]]:
        """Who goes to these calls: in time before late before not at all."""
        away, late = self._obstacles(eligible)
        stopped = calls & (away | late)
        if eligible == ASK_MORE or not stopped.any():
            yield eligible, calls
            return
        yield eligible, calls & ~stopped
        chain = self._rule_set.fallbacks_of.get(eligible, ())
        for candidate in chain:
            away, late = self._obstacles(candidate)
            in_time = _allowed(stopped & ~(away | late), candidate, excluded)
            yield candidate, in_time
            stopped = stopped & ~in_time
        for candidate in (eligible, *chain):
            away, late = self._obstacles(candidate)
            only_late = _allowed(stopped & late & ~away, candidate, excluded)
            yield candidate, only_late
            stopped = stopped & ~only_late
        yield eligible, stopped

    def _obstacles(self, response: str) -> tuple[Bitmap, Bitmap]:
        """The calls for which that response has nobody, and those to which it is too late."""
        if response not in self._known:
            late = nobody(self._history.rows)
            for level, calls in self._levels.items():
                within_min = self._rule_set.level[level].within_min
                late = late | calls & self._history.too_late(response, within_min)
            self._known[response] = self._history.away(response), late
        return self._known[response]


def _allowed(calls: Bitmap, response: str, excluded: Sets) -> Bitmap:
    return calls & ~excluded[response] if response in excluded else calls
