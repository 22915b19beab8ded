"""What a supervisor switches off for a while: a team, a partner, a zone. Not a rule edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain.errors import Conflict, Refused
from triage.domain.words import msgid
from triage.services import duty, freed_teams
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.teams import Partner, Suspension, Team
from triage.storage.unit_of_work import UnitOfWork

LONGEST = timedelta(days=366)
REASON_MAX = 200

Subject = tuple[str, str]
"""Kind and subject of a suspension: `("team", KEY)`, `("zone", NAME)`."""

_RETIRED = {
    "team": msgid("A team that was retired"),
    "zone": msgid("A zone that was retired"),
    "partner": msgid("A partner that was retired"),
}


@dataclass(frozen=True)
class SwitchedOff:
    """A suspension that holds now, in words."""

    id: UUID
    what: str
    since: datetime
    until: datetime
    reason: str
    by: str


def subjects(uow: UnitOfWork, centre: Centre) -> dict[Subject, str]:
    """Everything that can be switched off, by what people call it: teams, zones, partners."""
    teams = select(Team.id, Team.name).where(Team.retired_at.is_(None)).order_by(Team.name)
    partners = (
        select(Partner.id, Partner.name).where(Partner.retired_at.is_(None)).order_by(Partner.name)
    )
    found: dict[Subject, str] = {
        ("team", str(key)): msgid("Team %(name)s", name=name)
        for key, name in uow.session.execute(teams)
    }
    found |= {("zone", zone): msgid("Zone %(name)s", name=zone) for zone in centre.gazetteer.zones}
    found |= {
        ("partner", str(key)): msgid("Partner %(name)s", name=name)
        for key, name in uow.session.execute(partners)
    }
    return found


def suspend(
    uow: UnitOfWork, centre: Centre, subject: Subject, until: datetime | None, reason: str
) -> Suspension:
    """Switch something off until a time. What is off already is off until the new time.

    Raises Refused naming the field: `what`, `until` or `reason`.
    """
    if subject not in subjects(uow, centre):
        raise Refused(msgid("Choose what is to be switched off."), "what")
    if until is None or until <= uow.now:
        raise Refused(msgid("Write a day and time that lie ahead."), "until")
    if until > uow.now + LONGEST:
        raise Refused(
            msgid("At most a year ahead; what is over for good is retired instead."), "until"
        )
    why = " ".join(reason.replace("\0", " ").split())
    if not 0 < len(why) <= REASON_MAX:
        raise Refused(msgid("Write why, in up to %(most)s characters.", most=REASON_MAX), "reason")
    for earlier in _in_force(uow):
        if (earlier.kind, earlier.subject) == subject:
            _lift(uow, earlier)
    kind, key = subject
    made = uow.add(Suspension(kind=kind, subject=key, until=until, reason=why))
    freed_teams.offer_soon(uow, made, until)
    uow.audit("switch.off", made, kind=kind, subject=key, until=until.isoformat())
    duty.switched_off(uow, centre, kind, key)
    return made


def lift(uow: UnitOfWork, suspension: Suspension) -> None:
    """Switch it on again, at once."""
    if suspension.lifted_at is not None or suspension.until <= uow.now:
        raise Conflict(msgid("it is on again already"))
    _lift(uow, suspension)


def _lift(uow: UnitOfWork, suspension: Suspension) -> None:
    suspension.lifted_at = uow.now
    uow.audit("switch.on", suspension, kind=suspension.kind, subject=suspension.subject)
    freed_teams.offer_soon(uow, suspension)


def active(uow: UnitOfWork, centre: Centre) -> list[SwitchedOff]:
    """What is switched off now, the soonest to end first."""
    rows = _in_force(uow)
    by = _who(uow, rows)
    called = subjects(uow, centre)
    return [
        SwitchedOff(
            row.id,
            called.get((row.kind, row.subject), _RETIRED[row.kind]),
            row.created_at,
            row.until,
            row.reason,
            by.get(row.id, ""),
        )
        for row in rows
    ]


def _in_force(uow: UnitOfWork) -> list[Suspension]:
    return list(
        uow.session.scalars(
            select(Suspension)
            .where(Suspension.until > uow.now, Suspension.lifted_at.is_(None))
            .order_by(Suspension.until, Suspension.id)
        )
    )


def _who(uow: UnitOfWork, rows: list[Suspension]) -> Mapping[UUID, str]:
    """Who switched each of these off: the audit trail knows."""
    entries = uow.session.execute(
        select(AuditEntry.subject_id, AuditEntry.actor).where(
            AuditEntry.call_id.is_(None),
            AuditEntry.created_at.in_([row.created_at for row in rows]),  # at the same instant
            AuditEntry.event == "switch.off",
            AuditEntry.subject_id.in_([row.id for row in rows]),
        )
    ).all()
    name = names_of(uow, {actor for _, actor in entries})
    return {key: name(actor) for key, actor in entries}
