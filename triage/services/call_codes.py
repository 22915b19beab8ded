"""The short codes by which texts name a call."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from sqlalchemy import ColumnElement, or_, select

from triage.domain.findings import Finding
from triage.domain.lifecycle import CallState
from triage.domain.sms_replies import codes, long_code
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

REST = timedelta(days=30)
"""A code is not given out again so soon: a late text must not act on another call."""
TRIES = (1, 200, 200)
"""Codes that are looked for at once: mostly the first is free."""
SAMPLE = 200
MANY = 0.6
"""Of all codes, as a sample shows it: time to close calls, before any has to wait."""
_OPEN = Call.state.in_([CallState.OPEN, CallState.ASKING])
_random = random.SystemRandom()


def free_code(uow: UnitOfWork) -> str:
    """A code that no open call has, and no call had lately.

    Where nearly all are resting, one that no open call has; where there is none either, a longer
    one, which a person has to read: no call is refused for it.
    """
    for which in (_resting(uow), _OPEN):
        for number in TRIES:
            tried = [*islice(codes(_random), number)]
            used = _used(uow, tried, which)
            if free := [code for code in tried if code not in used]:
                return free[0]
    return long_code(_random)


def is_resting(uow: UnitOfWork, code: str) -> bool:
    """Has a call this code, or had one lately?"""
    return bool(_used(uow, [code], _resting(uow)))


def running_out(uow: UnitOfWork) -> Iterator[Finding]:
    """Are many of the codes taken? Told from a sample, however many calls there are."""
    sample = [*{*islice(codes(_random), SAMPLE)}]
    used = len(_used(uow, sample, _resting(uow)))
    if used >= MANY * len(sample):
        yield Finding("codes_low", 1, None)


def _resting(uow: UnitOfWork) -> ColumnElement[bool]:
    return or_(_OPEN, Call.created_at > uow.now - REST)


def _used(uow: UnitOfWork, tried: list[str], which: ColumnElement[bool]) -> set[str]:
    return {*uow.session.scalars(select(Call.code).where(Call.code.in_(tried), which))}
