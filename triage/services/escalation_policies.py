"""Which escalation policy holds for which calls, and what supervisors make of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain.errors import Conflict, InvalidCall, Problem
from triage.domain.escalation import (
    EscalationPolicy,
    default_policy,
    most_specific,
    read_policy,
)
from triage.domain.words import msgid
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.storage.dispatches import Dispatch
from triage.storage.policies import EscalationPolicyRow
from triage.storage.unit_of_work import UnitOfWork

_LIVE = (
    select(EscalationPolicyRow)
    .where(EscalationPolicyRow.ended_at.is_(None))
    .order_by(EscalationPolicyRow.response, EscalationPolicyRow.level_rank)
)
ANY = ("", 0)
"""Every response, every level."""


class NotAPolicy(InvalidCall):
    """`problems` lists all that is wrong with it, each with the place in the form."""


@dataclass(frozen=True)
class Kept:
    """A policy in force, and who wrote it."""

    id: UUID
    response: str
    level_rank: int
    policy: EscalationPolicy
    since: datetime
    by: str


def of_dispatch(uow: UnitOfWork, dispatch: Dispatch) -> EscalationPolicy:
    """The policy that this dispatch began under."""
    if dispatch.policy_id is None:
        return default_policy(dispatch.level_rank)
    return _policy(uow.get(EscalationPolicyRow, dispatch.policy_id))


def choose(uow: UnitOfWork, response: str, level_rank: int) -> UUID | None:
    """The policy for a new dispatch: the most specific one; None for the default."""
    live = uow.lasting("escalation policies", _keys, of=(EscalationPolicyRow,))
    return most_specific(live, response, level_rank)


def ends(uow: UnitOfWork) -> dict[UUID, int]:
    """By policy that does not begin anew, also one that holds no more: after how many steps
    beyond the teams it ends."""
    return uow.lasting("policies that end", _ends, of=(EscalationPolicyRow,))


def _ends(uow: UnitOfWork) -> dict[UUID, int]:
    once = select(EscalationPolicyRow).where(EscalationPolicyRow.repeat_s == 0)
    found = {row.id: _policy(row).ends_after for row in uow.session.scalars(once)}
    return {key: steps for key, steps in found.items() if steps}


def _keys(uow: UnitOfWork) -> dict[tuple[str, int], UUID]:
    return {(row.response, row.level_rank): row.id for row in _live(uow)}


def in_force(uow: UnitOfWork) -> list[Kept]:
    """All of them, the general ones first."""
    rows = _live(uow)
    names = names_of(uow, {row.edited_by for row in rows})
    return [
        Kept(
            row.id,
            row.response,
            row.level_rank,
            _policy(row),
            row.created_at,
            names(row.edited_by),
        )
        for row in rows
    ]


def lay_down(
    uow: UnitOfWork,
    centre: Centre,
    where: tuple[str, int],
    name: str,
    steps: Sequence[Mapping[str, Any]],
    repeat_s: int,
) -> EscalationPolicyRow:
    """From now on new calls of this response and level follow this policy; what held before
    ends. Calls that began under it end under it.

    where -- a response or "", and a level's rank or 0. Raises NotAPolicy.
    """
    policy, wrong = read_policy(name, steps, repeat_s)
    response, level_rank = where
    kind = centre.vocabulary.responses.get(response)
    if response and (kind is None or kind.reached_by != "page"):
        wrong.append(
            Problem("response", msgid("Choose a response that teams of ours give, or all."))
        )
    if not 0 <= level_rank <= 9:
        wrong.append(Problem("level_rank", msgid("Choose a level, or all of them.")))
    wrong += _taken(uow, where, policy.name)
    if wrong:
        raise NotAPolicy(wrong)
    _end(uow, where)
    row = uow.add(
        EscalationPolicyRow(
            name=policy.name,
            response=response,
            level_rank=level_rank,
            steps=[dict(step) for step in steps],
            repeat_s=repeat_s,
            edited_by=uow.actor,
        )
    )
    uow.audit("policy.laid_down", row, response=response, level=level_rank, steps=len(policy.steps))
    return row


def _taken(uow: UnitOfWork, where: tuple[str, int], name: str) -> list[Problem]:
    """Whoever changes one and picks another level or response lays down a second beside it: it
    is told apart by its name."""
    same = name.strip().casefold()
    for row in _live(uow):
        if row.name.casefold() == same and (row.response, row.level_rank) != where:
            told = msgid(
                "A policy of this name holds for another response or level, and stays. Give this"
                " one a name of its own, or end that one first."
            )
            return [Problem("name", told)]
    return []


def withdraw(uow: UnitOfWork, row: EscalationPolicyRow) -> None:
    """From now on what is more general holds, in the end the default."""
    if row.ended_at is not None:
        raise Conflict(msgid("this policy has ended already"))
    _end(uow, (row.response, row.level_rank))


def _end(uow: UnitOfWork, where: tuple[str, int]) -> None:
    for row in _live(uow):
        if (row.response, row.level_rank) == where:
            row.ended_at = uow.now
            uow.audit("policy.ended", row, response=row.response, level=row.level_rank)
    uow.session.flush()


def _live(uow: UnitOfWork) -> Sequence[EscalationPolicyRow]:
    return uow.session.scalars(_LIVE).all()


def _policy(row: EscalationPolicyRow) -> EscalationPolicy:
    return read_policy(row.name, row.steps, row.repeat_s)[0]
