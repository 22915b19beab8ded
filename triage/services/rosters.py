"""Who can be sent: teams, their members and shifts, and the partners that are told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from triage.domain.codes import PARTNERS
from triage.domain.errors import Conflict, Refused
from triage.domain.names import read_name
from triage.domain.reachability import SILENCED, Trouble
from triage.domain.words import Named, msgid
from triage.services import duty, languages, reachability, silences, verification
from triage.services.availability import SUPERVISOR
from triage.services.centre import Centre
from triage.services.people import find_account
from triage.storage.dispatches import Slot
from triage.storage.sealed import blind_index
from triage.storage.teams import Partner, Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork

SUPERVISION = "supervision"
"""What a team of supervisors gives: no call asks for it by itself."""
_SKILL = re.compile(r"[a-z0-9-]{1,20}")
MOST_CALLS = 99
ON_A_CALL = msgid("somebody is on a call now: clear or replace them there first")


@dataclass(frozen=True)
class NewTeam:
    name: str
    responses: Sequence[str]
    zones: Sequence[str] = ()
    skills: Sequence[str] = ()
    calls_at_once: int = 1


@dataclass(frozen=True)
class NewMember:
    role: str
    name: str
    phone: str
    skills: Sequence[str] = ()
    username: str | None = None
    """Of the account they sign in with, if any."""
    seen_in_person: bool = False
    """Their telephone was seen in their hand: it need not be verified by text."""
    language: str = "en"
    """Of their texts, while they have chosen none themselves."""


@dataclass(frozen=True)
class NewPartner:
    name: str
    kind: str
    phone: str
    zones: Sequence[str] = ()
    language: str = "en"
    """Of its texts."""


@dataclass(frozen=True)
class MemberNow:
    """A member, and when they may be paged."""

    responder: Responder
    now: Shift | None
    coming: tuple[Shift, ...]
    troubles: tuple[Trouble, ...] = ()
    """What may keep a text from them, the worst first."""
    texts_in: str = "en"
    chose_it: bool = False
    """They have set it themselves, with the account that they sign in with."""


@dataclass(frozen=True)
class TeamNow:
    team: Team
    members: tuple[MemberNow, ...]
    in_alarm: bool = False
    """Of a member, not over yet: the team is not free then."""

    @property
    def retired(self) -> list[tuple[Responder, datetime]]:
        """Who was of the team, and until when, the latest first."""
        gone = [(one, one.retired_at) for one in self.team.members if one.retired_at is not None]
        return sorted(gone, key=lambda one: one[1], reverse=True)

    @property
    def on_shift(self) -> tuple[MemberNow, ...]:
        out = SILENCED | {Trouble.PHONE_LOST, Trouble.OPTED_OUT, Trouble.UNVERIFIED}
        return tuple(m for m in self.members if m.now and not out & set(m.troubles))


def teams_now(uow: UnitOfWork) -> list[TeamNow]:
    """All teams in use, with who is on shift at this instant and what comes next."""
    teams = uow.session.scalars(
        select(Team)
        .where(Team.retired_at.is_(None))
        .order_by(Team.name)
        .options(selectinload(Team.members))
    ).all()
    in_alarm = silences.team_alarms(uow)
    return [TeamNow(team, tuple(_members_now(uow, team)), team.id in in_alarm) for team in teams]


def retired_teams(uow: UnitOfWork) -> Sequence[Team]:
    """The latest first."""
    gone = select(Team).where(Team.retired_at.is_not(None))
    return uow.session.scalars(gone.order_by(Team.retired_at.desc(), Team.name)).all()


def team_now(uow: UnitOfWork, team: Team) -> TeamNow:
    return TeamNow(team, tuple(_members_now(uow, team)), team.id in silences.team_alarms(uow))


def _members_now(uow: UnitOfWork, team: Team) -> list[MemberNow]:
    members = [member for member in team.members if member.retired_at is None]
    shifts: dict[UUID, list[Shift]] = {member.id: [] for member in members}
    ahead = select(Shift).where(Shift.responder_id.in_(shifts), Shift.ends_at > uow.now)
    for shift in uow.session.scalars(ahead.order_by(Shift.starts_at)):
        shifts[shift.responder_id].append(shift)
    next_one = {key: ahead[0] for key, ahead in shifts.items() if ahead}
    troubles = reachability.troubles_of(uow, members, next_one)
    chosen = languages.chosen_by(uow, members)
    return [
        MemberNow(
            member,
            next((s for s in shifts[member.id] if s.starts_at <= uow.now), None),
            tuple(s for s in shifts[member.id] if s.starts_at > uow.now),
            tuple(troubles.get(member.id, ())),
            chosen.get(member.id) or member.language or languages.ENGLISH,
            member.id in chosen,
        )
        for member in members
    ]


def partners(uow: UnitOfWork) -> Sequence[Partner]:
    in_use = select(Partner).where(Partner.retired_at.is_(None))
    return uow.session.scalars(in_use.order_by(Partner.name)).all()


def responses(centre: Centre) -> dict[str, str]:
    """The responses that teams of ours give, with their labels; supervising is one."""
    answers = centre.vocabulary.responses.items()
    given = {key: Named(it.labels) for key, it in answers if it.reached_by == "page"}
    return given | {SUPERVISION: msgid("Supervision (told when nobody is left to ask)")}


def roles(centre: Centre) -> list[str]:
    """What members can be: the roles that responses ask for, and supervisor."""
    asked_for = {role for it in centre.vocabulary.responses.values() for role in it.roles}
    return sorted(asked_for | {SUPERVISOR})


def partner_kinds(centre: Centre) -> dict[str, str]:
    """What rules can notify, as it is called."""
    responses = centre.vocabulary.responses.items()
    told = {key: Named(it.labels) for key, it in responses if it.reached_by != "record"}
    own = {
        key: PARTNERS.get(key) or key.replace("_", " ").capitalize()
        for key in centre.vocabulary.partners
    }
    return dict(sorted((own | told).items()))


def add_team(uow: UnitOfWork, centre: Centre, new: NewTeam) -> Team:
    team = uow.add(Team(name=_name(uow, Team, new.name), **_able(centre, new)))
    uow.audit("team.added", team)
    return team


def change_team(uow: UnitOfWork, centre: Centre, team: Team, new: NewTeam) -> None:
    """What it can do, for whoever is sought from now on. Its name stays, and so do its calls."""
    if team.retired_at is not None:
        raise Conflict(msgid("this team is retired: nothing of it changes any more"))
    able = _able(centre, new)
    changed = {name: value for name, value in able.items() if getattr(team, name) != value}
    for name, value in changed.items():
        setattr(team, name, value)
    if changed:
        uow.audit("team.changed", team, **changed)


def _able(centre: Centre, new: NewTeam) -> dict[str, Any]:
    """What it can do, by column. Raises Refused beside the field that is wrong."""
    if not new.responses or set(new.responses) - set(responses(centre)):
        raise Refused(msgid("Choose at least one response that this team can give."), "responses")
    if not 1 <= new.calls_at_once <= MOST_CALLS:
        raise Refused(
            msgid(
                "Write how many calls it may have at the same time, 1 to %(most)s.", most=MOST_CALLS
            ),
            "calls_at_once",
        )
    return {
        "responses": list(new.responses),
        "zones": _zones(centre, new.zones),
        "skills": _skills(new.skills),
        "calls_at_once": new.calls_at_once,
    }


def add_member(uow: UnitOfWork, centre: Centre, team: Team, new: NewMember) -> Responder:
    if new.role not in roles(centre):
        raise Refused(msgid("Choose what they are in the team."), "role")
    wanted = msgid("Write their name, up to 80 characters that can be seen.")
    name = read_name(new.name, 80, wanted)
    phone = verification.number_of_nobody(uow, centre, new.phone)
    member = Responder(
        team_id=team.id,
        account_id=_account(uow, new),
        role=new.role,
        name=name,
        phone=phone,
        phone_index=blind_index("phone", phone),
        skills=_skills(new.skills),
        language=languages.spoken_here(new.language),
    )
    uow.add(member)
    uow.session.flush()  # another with this telephone is refused now, not at the end
    uow.audit("member.added", member, team=team.name, role=new.role)
    if new.seen_in_person:
        verification.by_hand(uow, centre, member)
    else:
        verification.ask(uow, centre, member)
    return member


def retire_member(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """They are asked no more. What they did stays on record."""
    if duty.in_hand(uow, Slot.responder_id == member.id):
        raise Conflict(ON_A_CALL)
    _retire(uow, [member])
    duty.left(uow, centre, member, "retired")


def retire_team(uow: UnitOfWork, centre: Centre, team: Team) -> None:
    if duty.is_busy(uow, team):
        raise Conflict(ON_A_CALL)
    _retire(uow, team.members)
    if team.retired_at is None:
        team.retired_at = uow.now
        uow.audit("team.retired", team)
    for member in team.members:  # after the team: nobody of it is asked next
        duty.left(uow, centre, member, "retired")


def _retire(uow: UnitOfWork, members: Sequence[Responder]) -> None:
    for member in members:
        if member.retired_at is None:
            member.retired_at = uow.now
            uow.audit("member.retired", member)


def add_partner(uow: UnitOfWork, centre: Centre, new: NewPartner) -> Partner:
    name = _name(uow, Partner, new.name)
    if new.kind not in partner_kinds(centre):
        raise Refused(msgid("Choose what rules call this partner."), "kind")
    phone = verification.number_of_nobody(uow, centre, new.phone, of_partner=True)
    partner = Partner(
        name=name,
        kind=new.kind,
        zones=_zones(centre, new.zones),
        phone=phone,
        phone_index=blind_index("phone", phone),
        language=languages.spoken_here(new.language),
    )
    uow.add(partner)
    uow.audit("partner.added", partner, partner=new.kind)
    return partner


def retire_partner(uow: UnitOfWork, partner: Partner) -> None:
    if partner.retired_at is None:
        partner.retired_at = uow.now
        uow.audit("partner.retired", partner)


def _name(uow: UnitOfWork, kind: type[Team] | type[Partner], text: str) -> str:
    wanted = (
        msgid("Write a name that is said on the radio, up to 40 characters.")
        if kind is Team
        else msgid("Write the partner's name, up to 40 characters.")
    )
    name = read_name(text, 40, wanted)
    if uow.session.scalar(select(kind.id).where(kind.name == name)):
        raise Refused(msgid("This name is taken, perhaps by one that was retired."), "name")
    return name


def _zones(centre: Centre, chosen: Sequence[str]) -> list[str]:
    if set(chosen) - set(centre.gazetteer.zones):
        raise Refused(msgid("Choose zones of this center."), "zones")
    return sorted(set(chosen))


def _skills(written: Sequence[str]) -> list[str]:
    skills = sorted({skill.strip().lower() for skill in written if skill.strip()})
    if len(skills) > 20 or any(not _SKILL.fullmatch(skill) for skill in skills):
        raise Refused(msgid("Write short codes such as es, asl or youth, at most 20."), "skills")
    return skills


def _account(uow: UnitOfWork, new: NewMember) -> UUID | None:
    if not new.username:
        return None
    account = find_account(uow, new.username)
    if account is None or account.disabled_at:
        raise Refused(msgid("There is no open account of this name."), "username")
    if new.role != SUPERVISOR and account.role != "clinician":
        raise Refused(
            msgid(
                "This account shows the alarms of the desk, which nobody in the field may have on"
                " their own screen. Give them another account, of a clinician."
            ),
            "username",
        )
    return account.id
