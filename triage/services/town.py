"""Where calls and teams are, as far as anybody knows: for the map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import SlotState
from triage.services import silences
from triage.services.boards import Row
from triage.storage.teams import Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class TeamOnDuty:
    """A team with somebody on shift. Nobody knows where it is."""

    name: str
    zones: Sequence[str]
    """Home zones; none means everywhere."""
    call: Row | None
    """The call that it goes to or is at."""
    state: SlotState | None
    alarm: AlarmKind | None = None
    """Of a member, not over yet: the team is not free then."""


def teams_on_duty(uow: UnitOfWork, rows: Sequence[Row]) -> list[TeamOnDuty]:
    """Those on duty or with a call, by name."""
    busy = _busy(rows)
    on_shift = (
        select(Responder.team_id)
        .join(Shift)
        .where(Responder.retired_at.is_(None), Shift.starts_at <= uow.now, Shift.ends_at > uow.now)
    )
    query = select(Team.id, Team.name, Team.zones).where(
        Team.retired_at.is_(None), Team.id.in_(on_shift)
    )
    teams, alarms = uow.session.execute(query).all(), silences.team_alarms(uow)
    zones = {team.name: team.zones for team in teams}
    alarmed = {team.name: alarms.get(team.id) for team in teams}
    found = []
    for name in sorted({*zones, *busy}):
        call, state = busy.get(name, (None, None))
        found.append(TeamOnDuty(name, zones.get(name, ()), call, state, alarmed.get(name)))
    return found


def _busy(rows: Sequence[Row]) -> Mapping[str, tuple[Row, SlotState]]:
    return {one.unit: (row, one.state) for row in rows for line in row.lines for one in line.coming}
