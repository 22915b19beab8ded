"""Which team a dispatcher means by what was typed."""

from collections.abc import Sequence

from sqlalchemy import select

from triage.domain.desk_commands import meant, near
from triage.domain.errors import Refused
from triage.domain.words import listed, msgid
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork


def called(uow: UnitOfWork, name: str, code: str) -> Team:
    """Raises Refused for several, and for none: a team that is mistyped is no unit by radio, for
    which everybody else would be told to stand down. code -- of the call."""
    teams = uow.session.scalars(select(Team).where(Team.retired_at.is_(None))).all()
    names = sorted(team.name for team in teams)
    found = meant(name, names)
    if len(found) > 1:
        raise Refused(msgid("Which of them: %(names)s?", names=listed(", ", found)))
    if not found:
        raise Refused(_none(name, code, near(name, names)))
    return next(team for team in teams if team.name in found)


def _none(name: str, code: str, alike: Sequence[str]) -> str:
    none = msgid("No team is called %(name)s.", name=name)
    like = [msgid("Is it one of these: %(names)s?", names=listed(", ", alike))] if alike else []
    unit = msgid("For a unit by radio type: radio %(code)s %(name)s.", code=code, name=name)
    return listed(" ", [none, *like, unit])
