"""Who could take one place of a team: the best first, each with what speaks for and against them;
and which teams cannot, with why not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain import reachability
from triage.domain.lifecycle import PageState
from triage.domain.people_of_call import LANGUAGES
from triage.domain.ranking import MemberOption, Need, TeamOption, rank
from triage.domain.reachability import Trouble
from triage.domain.role_words import role_name
from triage.domain.state_words import page_state_name
from triage.domain.words import listed, msgid
from triage.services import candidates
from triage.services.availability import serving, team_options
from triage.services.reachability import troubles_of
from triage.storage.dispatches import Slot
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork

_SAID_NO = {PageState.DECLINED, PageState.PASSED_OVER, PageState.UNDELIVERABLE}


@dataclass(frozen=True)
class Suggestions:
    members: Sequence[tuple[UUID, str]]
    """Who is on shift and can be reached: key, and unit with what speaks for and against them."""
    short: Sequence[str]
    """Teams of this kind that have nobody for the place, with the reason."""


def for_slot(uow: UnitOfWork, slot: Slot) -> Suggestions:
    options = team_options(uow, slot.dispatch.call.zone, besides=slot.dispatch)
    fitting = serving(options, slot.dispatch.response)
    need = candidates.need_of(slot.dispatch, [slot])
    best = rank(fitting, need)
    rest = [one for one in options if one not in best]
    members = [
        (member.responder_id, listed(", ", [team.name, *_why(slot, team, member, need)]))
        for team in (*best, *sorted(rest, key=lambda one: (one not in fitting, one.name)))
        for member in sorted(team.members, key=lambda one: (not one.confirmed, one.load))
        if member.role == slot.role
    ]
    return Suggestions(members, _short(uow, slot, fitting, need))


def _why(slot: Slot, team: TeamOption, member: MemberOption, need: Need) -> Iterator[str]:
    if slot.dispatch.response not in team.responses:
        yield msgid("not a team for this")
    if team.suspended:
        yield msgid("switched off")
    if team.in_alarm:
        yield msgid("has an alarm that is not over")
    if need.zone and team.zones:
        home = need.zone in team.zones
        yield msgid("home zone") if home else msgid("from another zone")
    for skill in sorted(need.skills):
        language = LANGUAGES.get(skill, skill)
        speaks = skill in team.skills | member.skills
        yield (
            msgid("speaks %(language)s", language=language)
            if speaks
            else msgid("does not speak %(language)s", language=language)
        )
    if not member.confirmed:
        yield reachability.WORDS[Trouble.UNCONFIRMED]
    for page in slot.newest_pages:
        if page.responder_id == member.responder_id and page.state in _SAID_NO:
            yield page_state_name(page.state)
    yield msgid("%(count)s on hand", count=member.load) if member.load else msgid("free")
    if not team.free:
        yield msgid("takes no more calls")


def _short(uow: UnitOfWork, slot: Slot, fitting: Sequence[TeamOption], need: Need) -> Sequence[str]:
    empty = {one.team_id: one for one in fitting if not one.can_fill(need.roles)}
    if not empty:
        return ()
    troubles = _troubles(uow, slot.role, list(empty))
    nobody = msgid("no %(role)s on shift", role=role_name(slot.role))
    return [
        listed(": ", [team.name, troubles.get(team.team_id, nobody)])
        for team in sorted(empty.values(), key=lambda one: one.name)
    ]


def _troubles(uow: UnitOfWork, role: str, teams: Sequence[UUID]) -> dict[UUID, str]:
    """Why those on shift cannot be reached, by team."""
    shifts = uow.session.execute(
        select(Responder, Shift)
        .join(Shift, Shift.responder_id == Responder.id)
        .where(Shift.starts_at <= uow.now, Shift.ends_at > uow.now)
        .where(Responder.team_id.in_(teams), Responder.role == role)
        .where(Responder.retired_at.is_(None))
        .options(joinedload(Responder.team))
    ).all()
    found = troubles_of(uow, [one for one, _ in shifts], {one.id: at for one, at in shifts})
    by_team: defaultdict[UUID, list[str]] = defaultdict(list)
    for one, _ in shifts:
        by_team[one.team_id] += [reachability.WORDS[it] for it in found.get(one.id, ())[:1]]
    return {team: listed(", ", said) for team, said in by_team.items() if said}
