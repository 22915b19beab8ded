"""Who could come now."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from triage.domain.lifecycle import TAKEN, SlotState
from triage.domain.ranking import MemberOption, TeamOption, why_none
from triage.services.centre import Centre
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.teams import Responder, Shift, Suspension, Team
from triage.storage.unit_of_work import UnitOfWork

BUSY = [SlotState.PAGED, *sorted(TAKEN)]
SUPERVISOR = "supervisor"
"""The role of members who are told when nobody is left to ask, or does not answer."""


def switched_off(uow: UnitOfWork) -> set[tuple[str, str]]:
    """(kind, subject) of everything that a supervisor has suspended at this instant."""
    rows = uow.session.execute(
        select(Suspension.kind, Suspension.subject).where(
            Suspension.until > uow.now, Suspension.lifted_at.is_(None)
        )
    )
    return {(kind, subject) for kind, subject in rows}


def team_options(
    uow: UnitOfWork, zone: str | None, besides: Dispatch | None = None
) -> list[tuple[Team, TeamOption]]:
    """Every team with the members who are on shift and reachable, and how busy each is.

    besides -- the dispatch that somebody is sought for: work on it makes nobody busy for it.
    """
    members = _reachable(uow)
    teams = uow.session.scalars(select(Team).where(Team.retired_at.is_(None)).order_by(Team.name))
    team_load, member_load = _loads(uow, besides)
    off = switched_off(uow)
    zone_off = ("zone", zone) in off
    return [
        (
            team,
            TeamOption(
                team.id,
                team.name,
                frozenset(team.zones),
                frozenset(team.skills),
                team_load[team.id],
                team.calls_at_once,
                zone_off or ("team", str(team.id)) in off,
                tuple(
                    MemberOption(r.id, r.role, frozenset(r.skills), member_load[r.id], confirmed)
                    for r, confirmed in members.get(team.id, [])
                ),
            ),
        )
        for team in teams
    ]


def _reachable(uow: UnitOfWork) -> dict[UUID, list[tuple[Responder, bool]]]:
    """Members on shift whose verified telephone takes texts, by team; each with whether they have
    confirmed their shift."""
    rows = uow.session.execute(
        select(Responder, Shift.confirmed_at)
        .join(Shift, Shift.responder_id == Responder.id)
        .where(
            Shift.starts_at <= uow.now,
            Shift.ends_at > uow.now,
            Responder.verified_at.is_not(None),
            Responder.opted_out_at.is_(None),
            Responder.retired_at.is_(None),
        )
    )
    found: dict[UUID, list[tuple[Responder, bool]]] = {}
    for responder, confirmed_at in rows:
        found.setdefault(responder.team_id, []).append((responder, confirmed_at is not None))
    return found


def supervisors_on_duty(uow: UnitOfWork) -> Sequence[Responder]:
    """Supervisors on shift whom a text reaches."""
    on_shift = select(Shift.responder_id).where(Shift.starts_at <= uow.now, Shift.ends_at > uow.now)
    return uow.session.scalars(
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


def _loads(uow: UnitOfWork, besides: Dispatch | None) -> tuple[Counter[UUID], Counter[UUID]]:
    """Calls that each team and each member is asked about or working on."""
    loads = []
    other = () if besides is None else (Slot.dispatch_id != besides.id,)
    for whose in (Slot.team_id, Slot.responder_id):
        rows = uow.session.execute(
            select(whose, func.count(func.distinct(Slot.dispatch_id)))
            .where(Slot.state.in_(BUSY), whose.is_not(None), *other)
            .group_by(whose)
        )
        loads.append(Counter({key: calls for key, calls in rows if key is not None}))
    return loads[0], loads[1]


def hold(uow: UnitOfWork, option: TeamOption, besides: Dispatch) -> bool:
    """Keep everybody else from asking this team until we commit. Is it still free for us?

    Two calls at the same instant both saw it free: the second waits here and looks again.
    """
    team = select(Team.id).where(Team.id == option.team_id)
    uow.session.execute(team.with_for_update(key_share=True))
    load = select(func.count(func.distinct(Slot.dispatch_id))).where(
        Slot.team_id == option.team_id, Slot.state.in_(BUSY), Slot.dispatch_id != besides.id
    )
    return (uow.session.scalar(load) or 0) < option.calls_at_once


def unavailable(uow: UnitOfWork, centre: Centre, zone: str | None) -> dict[str, str]:
    """Each response of our own teams that cannot come now, with its coded cause."""
    options = team_options(uow, zone)
    causes = {}
    for key, response in centre.vocabulary.responses.items():
        if response.reached_by == "page":
            cause = why_none(serving(options, key), response.roles)
            if cause is not None:
                causes[key] = cause
    return causes


def serving(options: Sequence[tuple[Team, TeamOption]], response: str) -> list[TeamOption]:
    return [option for team, option in options if response in team.responses]
