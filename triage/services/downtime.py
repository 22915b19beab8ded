"""What a desk needs on paper when no screen answers: whom to ring, and how to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from triage.domain.alarms import do_not_ask
from triage.domain.reachability import WORDS
from triage.domain.role_words import role_name
from triage.domain.scoring_card import ScoringCard, scoring_card
from triage.domain.words import listed, msgid
from triage.services import boards, rosters, rule_sets, switches
from triage.services.board_lines import DispatchLine
from triage.services.boards import Row
from triage.services.centre import Centre
from triage.services.rosters import MemberNow
from triage.services.switches import SwitchedOff
from triage.services.timeline_sentences import response_name
from triage.storage.teams import Partner
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OnList:
    """A member as the telephone list has them: on duty until, or next on duty from, an instant."""

    role: str
    name: str
    phone: str
    on_until: datetime | None
    next_from: datetime | None
    next_until: datetime | None
    troubles: Sequence[str]


@dataclass(frozen=True)
class TeamOnList:
    name: str
    comes_as: Sequence[str]
    zones: Sequence[str]
    skills: Sequence[str]
    members: Sequence[OnList]


@dataclass(frozen=True)
class OpenCall:
    """Enough to ask "who has K7QM?" by radio; who rang and what they said stays sealed."""

    code: str
    received_at: datetime
    level: str
    zone: str | None
    who: Sequence[str]


@dataclass(frozen=True)
class Pack:
    at: datetime
    card: ScoringCard
    teams: Sequence[TeamOnList]
    partners: Sequence[Partner]
    switched_off: Sequence[SwitchedOff]
    calls: Sequence[OpenCall]
    not_listed: int
    """Open calls beyond those."""


def pack(uow: UnitOfWork, centre: Centre, made: ScoringCard | None = None) -> Pack:
    """What stands at this instant. made -- the card of last time: it is kept while the rules
    are the same, because making it takes seconds."""
    rules = rule_sets.live(uow, centre, centre.policy.rule_set)
    card = made if made is not None and made.sha256 == rules.sha256 else scoring_card(rules)
    board = boards.board(uow, centre)
    in_use = select(Partner).where(Partner.retired_at.is_(None)).order_by(Partner.name)
    return Pack(
        at=uow.now,
        card=card,
        teams=[_team(centre, one) for one in rosters.teams_now(uow)],
        partners=uow.session.scalars(in_use).all(),
        switched_off=switches.active(uow, centre),
        calls=[_call(centre, row) for row in board.rows],
        not_listed=board.not_listed,
    )


def _team(centre: Centre, now: rosters.TeamNow) -> TeamOnList:
    team = now.team
    return TeamOnList(
        name=team.name,
        comes_as=[response_name(centre, response) for response in team.responses],
        zones=team.zones,
        skills=team.skills,
        members=[_member(member) for member in now.members],
    )


def _member(one: MemberNow) -> OnList:
    coming = one.coming[0] if one.coming else None
    return OnList(
        role=role_name(one.responder.role),
        name=one.responder.name or "",
        phone=one.responder.phone or "",
        on_until=one.now.ends_at if one.now else None,
        next_from=coming.starts_at if coming else None,
        next_until=coming.ends_at if coming else None,
        troubles=[WORDS[trouble] for trouble in one.troubles],
    )


def _call(centre: Centre, row: Row) -> OpenCall:
    decision = row.decision
    return OpenCall(
        code=row.call.code,
        received_at=row.call.received_at,
        level=msgid(decision.urgency.label) if decision else msgid("not scored: treat as highest"),
        zone=row.call.zone,
        who=[_who(centre, line) for line in row.lines],
    )


def _who(centre: Centre, line: DispatchLine) -> str:
    asked: list[str] = [msgid("%(unit)s asked", unit=one.unit) for one in line.asked]
    units = [one.unit for one in line.coming] or asked
    if line.unit:
        units.append(line.unit)
    named = response_name(centre, line.response)
    who = listed(", ", dict.fromkeys(units)) if units else msgid("nobody yet")
    if line.hushed:
        return listed(": ", [named, who, do_not_ask(line.hushed)])
    return listed(": ", [named, who])
