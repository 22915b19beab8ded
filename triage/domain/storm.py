"""Many calls at once: nobody's telephone is flooded, and nobody who is needed at once waits.

Pages of the highest level, alarms and answers to texts are never held back. Any other page goes to
somebody whose telephone has rung less lately, if there is anybody; it never waits, and it never
stays unsent because of this. What supervisors are told of less urgent calls comes in one text.

Carriers send in the order they were given, most of them one to a hundred texts a second: thousands
of reminders handed over at once would be ahead of the next page. So what nobody waits for leaves a
few a second, and hardly any while many others do.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from triage.domain.escalation import HIGHEST
from triage.domain.ranking import Need, TeamOption, rank

LIMITS = ((5, timedelta(minutes=15)), (11, timedelta(hours=1)), (21, timedelta(hours=3)))
"""So many pages to one telephone in so long: what people and carriers bear."""
BUNDLE_FOR = timedelta(seconds=30)
"""What becomes due for one supervisor within this time comes as one text."""

AT_ONCE = timedelta(seconds=1)
"""The share of so much time may be used up at once, by texts that can wait."""
_TOO_FAR = timedelta(minutes=1)
"""An instant so far ahead was written before a clock went back, and counts for nothing."""
MANY_PER_S = 5
"""So many texts a second that somebody waits for are as much as one worker should be about."""
_LATELY_S = 2.0
_AT_LEAST_EVERY_S = 10.0
"""However many others there are, what can wait is not forgotten for longer."""
_CAN_WAIT = frozenset({"reminder", "test"})


def can_wait(kind: str, *, to_partner: bool) -> bool:
    """Does nobody wait for a text of this kind? Whatever is about a dispatch is waited for, of the
    least urgent level as well."""
    return to_partner or kind in _CAN_WAIT


def must_wait(until: datetime | None, now: datetime) -> bool:
    """Have texts that can wait used up their share of time for now? until -- see share_used."""
    return until is not None and AT_ONCE < until - now < _TOO_FAR


def share_used(until: datetime | None, now: datetime, texts: int, per_s: int) -> datetime:
    """Up to when they have used it up, once so many more have left.

    until -- up to when they had before, None if none has left yet.
    """
    ahead = until is not None and now < until < now + _TOO_FAR
    begin = until if until is not None and ahead else now
    return begin + timedelta(seconds=texts / per_s)


class Rush:
    """One worker's sense of how much it is about. All times in seconds on a clock of its own."""

    def __init__(self) -> None:
        self._waited_for: deque[float] = deque(maxlen=int(MANY_PER_S * _LATELY_S))
        self._all_taken_s = -_AT_LEAST_EVERY_S

    def note(self, now_s: float, texts: int) -> None:
        """So many texts were taken that somebody waits for."""
        self._waited_for.extend([now_s] * texts)

    def leaves_later(self, now_s: float) -> bool:
        """Is what can wait to be left alone for now? Asked before each taking of texts."""
        full = len(self._waited_for) == self._waited_for.maxlen
        many = full and self._waited_for[0] > now_s - _LATELY_S
        if many and now_s - self._all_taken_s < _AT_LEAST_EVERY_S:
            return True
        self._all_taken_s = now_s
        return False


def may_be_held_back(level_rank: int) -> bool:
    return level_rank > HIGHEST


def best_team(
    teams: Sequence[TeamOption], need: Need, level_rank: int, flooded: Collection[UUID]
) -> TeamOption | None:
    """The team to ask. For less urgent calls one with telephones that are not flooded, if such
    a team can come; flooded -- members' keys."""
    if flooded and may_be_held_back(level_rank):
        spared = [team.without(flooded) for team in teams if not team.is_among(flooded)]
        if able := rank(spared, need):
            return able[0]
    return next(iter(rank(teams, need)), None)


@dataclass(frozen=True)
class Candidates:
    """Teams that may be asked for some slots. none -- why there is none, if so."""

    teams: Sequence[TeamOption]
    need: Need
    level_rank: int
    flooded: Collection[UUID]
    none: str

    @cached_property
    def best(self) -> TeamOption | None:
        """The team to ask."""
        return best_team(self.teams, self.need, self.level_rank, self.flooded)

    def best_but(self, elsewhere: Collection[UUID]) -> TeamOption | None:
        """The same where another call is just asking these teams: they count as if they had it."""
        if not elsewhere:
            return self.best
        teams = [
            team.with_one_call_more() if team.team_id in elsewhere else team for team in self.teams
        ]
        return best_team(teams, self.need, self.level_rank, self.flooded)
