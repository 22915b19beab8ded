"""Which escalation policy holds for which calls, and what supervisors make of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain.errors import Conflict, InvalidCall, Problem
from triage.domain.escalation import (
    HANDED_OVER,
    EscalationPolicy,
    as_rows,
    default_policy,
    most_specific,
    only_supervisors,
    problems,
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
    policy = _of(uow, dispatch.policy_id, dispatch.level_rank)
    return policy if dispatch.reached_by == "page" else only_supervisors(policy)


def _of(uow: UnitOfWork, key: UUID | None, level_rank: int) -> EscalationPolicy:
    if key is None:
        return default_policy(level_rank)
    return uow.once(
        f"policy {key}",
        lambda uow: _policy(uow.get(EscalationPolicyRow, key)),
        of=(EscalationPolicyRow,),
    )


def call_back_after(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> timedelta:
    """How long its caller waits for a team without hearing from us."""
    return _call_back(uow, centre, dispatch.policy_id, dispatch.level_rank)


def call_back_now(uow: UnitOfWork, centre: Centre, response: str, level_rank: int) -> timedelta:
    """How long the caller of a new dispatch would wait. response -- "" for what holds for all."""
    return _call_back(uow, centre, choose(uow, response, level_rank), level_rank)


def _call_back(uow: UnitOfWork, centre: Centre, key: UUID | None, level_rank: int) -> timedelta:
    own = _of(uow, key, level_rank).call_back_min
    return centre.policy.call_back_after(level_rank) if own is None else timedelta(minutes=own)


def divert_ranks(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> int:
    """So many levels less urgent a call has to be for its team to be asked to come here."""
    own = of_dispatch(uow, dispatch).divert_ranks
    return centre.policy.divert_ranks if own is None else own


def choose(uow: UnitOfWork, response: str, level_rank: int) -> UUID | None:
    """The policy for a new dispatch: the most specific one; None for the default.

    response -- or HANDED_OVER.
    """
    live = uow.lasting("escalation policies", _keys, of=(EscalationPolicyRow,))
    return most_specific(live, response, level_rank)


def of_new(uow: UnitOfWork, dispatch: Dispatch) -> UUID | None:
    """The same for this one, which begins or has just taken another level."""
    paged = dispatch.reached_by == "page"
    return choose(uow, dispatch.response if paged else HANDED_OVER, dispatch.level_rank)


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
    policy: EscalationPolicy,
) -> EscalationPolicyRow:
    """From now on new calls of this response and level follow this policy; what held before
    ends. Calls that began under it end under it, unless they become more urgent.

    where -- a response or "", and a level's rank or 0. Raises NotAPolicy.
    """
    response, level_rank = where
    wrong = list(problems(policy, response))
    kind = centre.vocabulary.responses.get(response)
    ours = kind is not None and kind.reached_by == "page"
    if response and response != HANDED_OVER and not ours:
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
            steps=as_rows(policy),
            repeat_s=policy.repeat_s,
            call_back_min=policy.call_back_min,
            divert_ranks=policy.divert_ranks,
            edited_by=uow.actor,
        )
    )
    uow.audit(
        "policy.laid_down",
        row,
        response=response,
        level=level_rank,
        steps=len(policy.steps),
        call_back_min=policy.call_back_min,
        divert_ranks=policy.divert_ranks,
    )
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
    said = read_policy(row.name, row.steps, row.repeat_s, row.call_back_min, row.divert_ranks)
    return said[0]
