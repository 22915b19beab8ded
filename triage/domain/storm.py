"""Many calls at once: nobody's telephone is flooded, and nobody who is needed at once waits.

Pages of the highest level, alarms and answers to texts are never held back. Any other page goes to
somebody whose telephone has rung less lately, if there is anybody; it never waits, and it never
stays unsent because of this. What supervisors are told of less urgent calls comes in one text.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from triage.domain.escalation import HIGHEST
from triage.domain.ranking import Need, TeamOption, rank

LIMITS = ((5, timedelta(minutes=15)), (11, timedelta(hours=1)), (21, timedelta(hours=3)))
"""So many pages to one telephone in so long: what people and carriers bear."""
BUNDLE_FOR = timedelta(seconds=30)
"""What becomes due for one supervisor within this time comes as one text."""


def may_be_held_back(level_rank: int) -> bool:
    return level_rank > HIGHEST


def is_flooded(pages: Sequence[int]) -> bool:
    """Has this telephone had its share of pages lately? pages -- within each time of LIMITS."""
    return any(had >= most for had, (most, _) in zip(pages, LIMITS, strict=True))


def best_team(
    teams: Sequence[TeamOption], need: Need, level_rank: int, flooded: Collection[UUID]
) -> TeamOption | None:
    """The team to ask. For less urgent calls one with telephones that are not flooded, if such
    a team can come; flooded -- members' keys."""
    spared = [team.without(flooded) for team in teams] if may_be_held_back(level_rank) else ()
    return next(iter(rank(spared, need) or rank(teams, need)), None)
