"""The short codes by which texts name a call."""

import random
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from triage.domain.errors import Conflict
from triage.domain.lifecycle import CallState
from triage.domain.sms_replies import new_code
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

REST = timedelta(days=30)
"""A code is not given out again so soon: a late text must not act on another call."""
_OPEN = Call.state.in_([CallState.OPEN, CallState.ASKING])
_random = random.SystemRandom()


def free_code(uow: UnitOfWork) -> str:
    """A code that no open call has, and no call had lately.

    Where nearly all are resting, one that no open call has. Raises Conflict if there is none.
    """
    try:
        return new_code(lambda code: is_resting(uow, code), _random)
    except Conflict:
        return new_code(lambda code: _is_taken(uow, code, _OPEN), _random)


def is_resting(uow: UnitOfWork, code: str) -> bool:
    """Has a call this code, or had one lately?"""
    return _is_taken(uow, code, or_(_OPEN, Call.created_at > uow.now - REST))


def _is_taken(uow: UnitOfWork, code: str, which: ColumnElement[bool]) -> bool:
    calls = select(Call.id).where(Call.code == code, which)
    return uow.session.scalar(calls.limit(1)) is not None
