"""Who could come now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, literal, select, union_all

from triage.domain.errors import NotFound
from triage.domain.lifecycle import TAKEN, SlotState
from triage.domain.ranking import MemberOption, TeamOption, why_none
from triage.services import silences
from triage.services.centre import Centre
from triage.storage.base import Row
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.revisions import KEPT_FOR
from triage.storage.safety import Alarm
from triage.storage.teams import Responder, Shift, Suspension, Team
from triage.storage.unit_of_work import UnitOfWork

BUSY = [SlotState.PAGED, *sorted(TAKEN)]
SUPERVISOR = "supervisor"
"""The role of members who are told when nobody is left to ask, or does not answer."""

# Every call asks these: they are built once.
_OFF = select(Suspension.kind, Suspension.subject, Suspension.until).where(
    Suspension.until > bindparam("now"), Suspension.lifted_at.is_(None)
)
_TEAMS = (
    select(Team.id, Team.name, Team.responses, Team.zones, Team.skills, Team.calls_at_once)
    .where(Team.retired_at.is_(None))
    .order_by(Team.name)
)
_MEMBERS = (
    select(
        Responder.team_id,
        Responder.id,
        Responder.role,
        Responder.skills,
        Shift.confirmed_at,
        Shift.starts_at,
        Shift.ends_at,
    )
    .join(Shift, Shift.responder_id == Responder.id)
    .where(
        Shift.starts_at <= bindparam("soon"),
        Shift.ends_at > bindparam("now"),
        Responder.verified_at.is_not(None),
        Responder.opted_out_at.is_(None),
        Responder.retired_at.is_(None),
    )
)
_LOADS = union_all(
    *(
        select(literal(kind), whose, func.count(func.distinct(Slot.dispatch_id)))
        .where(
            BUSY_SLOT,
            whose.is_not(None),
            Slot.dispatch_id != bindparam("besides", type_=Slot.dispatch_id.type),
        )
        .group_by(whose)
        for kind, whose in enumerate((Slot.team_id, Slot.responder_id))
    )
)
_LOAD = select(func.count(func.distinct(Slot.dispatch_id))).where(
    BUSY_SLOT, Slot.team_id == bindparam("team"), Slot.dispatch_id != bindparam("besides")
)
_OF_TEAM = (
    select(Team, Responder)
    .join(Responder, Responder.id.in_(bindparam("members", expanding=True)))
    .where(Team.id == bindparam("team"))
    .execution_options(populate_existing=True)
)
"""Also where somebody has just moved them to another team: that counts for the next call."""
_HELD = _OF_TEAM.with_for_update(of=Team, key_share=True)
_HELD_AT_ONCE = _OF_TEAM.with_for_update(of=Team, key_share=True, skip_locked=True)
_OPTIONS = "team options"
_NO_DISPATCH = UUID(int=0)


class _Member(NamedTuple):
    """Somebody with a shift now or soon, whose verified telephone takes texts."""

    id: UUID
    role: str
    skills: frozenset[str]
    confirmed: bool
    starts_at: datetime
    ends_at: datetime


class _Rostered(NamedTuple):
    """A team with its members, whatever it is busy with."""

    id: UUID
    name: str
    responses: frozenset[str]
    zones: frozenset[str]
    skills: frozenset[str]
    calls_at_once: int
    members: Sequence[_Member]


def switched_off(uow: UnitOfWork) -> set[tuple[str, str]]:
    """(kind, subject) of everything that a supervisor has suspended at this instant."""
    kept = uow.lasting("off", _suspended, of=(Suspension,))
    return {(kind, subject) for kind, subject, until in kept if until > uow.now}


def _suspended(uow: UnitOfWork) -> list[tuple[str, str, datetime]]:
    rows = uow.session.execute(_OFF, {"now": uow.now})
    return [(kind, subject, until) for kind, subject, until in rows]


def team_options(
    uow: UnitOfWork, zone: str | None, besides: Dispatch | None = None
) -> list[TeamOption]:
    """Every team with the members who are on shift and reachable, and how busy each is.

    besides -- the dispatch that somebody is sought for: work on it makes nobody busy for it.
    """
    here = silences.in_alarm_on(uow, besides.call_id) if besides is not None else frozenset()
    if besides is not None and (here or any(_matters(slot) for slot in besides.slots)):
        with uow.asking((Slot,), _matters):
            return _options(uow, zone, besides.id, here)
    of = (Slot, Team, Responder, Shift, Suspension, Alarm)
    what = f"{_OPTIONS} {zone}"
    return uow.once(what, lambda uow: _options(uow, zone, _NO_DISPATCH), of, _matters)


def _matters(row: Row) -> bool:
    """A new slot that nobody is asked for yet makes nobody busy."""
    return not isinstance(row, Slot) or row.state in BUSY


def _options(
    uow: UnitOfWork, zone: str | None, besides: UUID, may_come: frozenset[UUID] = frozenset()
) -> list[TeamOption]:
    """may_come -- teams that may be asked although one of them has an alarm."""
    team_load, member_load = _loads(uow, besides)
    off, silent = switched_off(uow), silences.silenced(uow)
    in_alarm = silences.in_alarm(uow) - may_come
    zone_off = ("zone", zone) in off
    return [
        TeamOption(
            team.id,
            team.name,
            team.zones,
            team.skills,
            team_load[team.id],
            team.calls_at_once,
            zone_off or ("team", str(team.id)) in off,
            tuple(
                MemberOption(one.id, one.role, one.skills, member_load[one.id], one.confirmed)
                for one in team.members
                if one.starts_at <= uow.now < one.ends_at and one.id not in silent
            ),
            team.responses,
            team.id in in_alarm,
        )
        for team in uow.lasting("roster", _rostered, of=(Team, Responder, Shift))
    ]


def _rostered(uow: UnitOfWork) -> list[_Rostered]:
    members: dict[UUID, list[_Member]] = {}
    times = {"now": uow.now, "soon": uow.now + KEPT_FOR}
    for team_id, key, role, skills, confirmed_at, *shift in uow.session.execute(_MEMBERS, times):
        one = _Member(key, role, frozenset(skills), confirmed_at is not None, *shift)
        members.setdefault(team_id, []).append(one)
    return [
        _Rostered(
            key,
            name,
            frozenset(responses),
            frozenset(zones),
            frozenset(skills),
            at_once,
            members.get(key, ()),
        )
        for key, name, responses, zones, skills, at_once in uow.session.execute(_TEAMS)
    ]


def supervisors_on_duty(uow: UnitOfWork) -> Sequence[Responder]:
    """Supervisors on shift whom a text reaches and may reach."""
    on_shift = select(Shift.responder_id).where(Shift.starts_at <= uow.now, Shift.ends_at > uow.now)
    found = uow.session.scalars(
        select(Responder)
        .join(Team)
        .where(
            Responder.id.in_(on_shift),
            Responder.role == SUPERVISOR,
            Responder.verified_at.is_not(None),
            Responder.opted_out_at.is_(None),
            Responder.retired_at.is_(None),
            Team.retired_at.is_(None),
        )
        .order_by(Responder.created_at, Responder.id)
    ).all()
    silent = silences.silenced(uow)
    return [one for one in found if one.id not in silent]


def _loads(uow: UnitOfWork, besides: UUID) -> tuple[Counter[UUID], Counter[UUID]]:
    """Calls that each team and each member is asked about or working on."""
    loads: tuple[Counter[UUID], Counter[UUID]] = (Counter(), Counter())
    for kind, key, calls in uow.rows(_LOADS, {"besides": besides}):
        loads[kind][key] = calls
    return loads


class Held(NamedTuple):
    team: Team
    members: Mapping[UUID, Responder]
    """Those who are to be asked, by their keys."""


def hold(uow: UnitOfWork, option: TeamOption, roles: Sequence[str], *, wait: bool) -> Held | None:
    """Keep everybody else from asking this team until we commit.

    Two calls at the same instant both saw it free. roles -- those that it is to fill. wait -- until
    the other one is done; else None if another one is just asking it.
    """
    members = [one.responder_id for one in option.can_fill(roles).values()]
    asked = {"team": option.team_id, "members": members}
    with uow.asking((Team, Responder)):
        rows = uow.session.execute(_HELD if wait else _HELD_AT_ONCE, asked).all()
    if rows:
        return Held(rows[0].Team, {row.Responder.id: row.Responder for row in rows})
    if wait:
        raise NotFound(f"no team {option.team_id}")
    return None


def is_still_free(uow: UnitOfWork, option: TeamOption, besides: Dispatch) -> bool:
    """Can the team that we hold take a call more? Another one may have been a moment sooner."""
    if uow.alone:
        return True
    asked = {"team": option.team_id, "besides": besides.id}
    with uow.asking((Slot,), _matters):
        [(load,)] = uow.rows(_LOAD, asked)
    is_free: bool = load < option.calls_at_once
    if not is_free:
        uow.forget(_OPTIONS)
    return is_free


def unavailable(uow: UnitOfWork, centre: Centre, zone: str | None) -> dict[str, str]:
    """Each response of our own teams that cannot come now, with its coded cause."""
    by_response: dict[str, list[TeamOption]] = {}
    for option in team_options(uow, zone):
        for key in option.responses:
            by_response.setdefault(key, []).append(option)
    causes = {}
    for key, response in centre.vocabulary.responses.items():
        if response.reached_by == "page":
            cause = why_none(by_response.get(key, ()), response.roles)
            if cause is not None:
                causes[key] = cause
    return causes


def serving(options: Sequence[TeamOption], response: str) -> list[TeamOption]:
    return [option for option in options if response in option.responses]
