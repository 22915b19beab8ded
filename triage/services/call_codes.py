"""The short codes by which texts name a call."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from sqlalchemy import CompoundSelect, Select, bindparam, select, union_all

from triage.domain.findings import Finding
from triage.domain.new_codes import codes, long_code
from triage.storage.calls import OPEN_CALL, Call
from triage.storage.unit_of_work import UnitOfWork

REST = timedelta(days=30)
"""A code is not given out again so soon: a late text must not act on another call."""
TRIES = (1, 200, 200)
"""Codes that are looked for at once: mostly the first is free."""
SAMPLE = 200
MANY = 0.6
"""Of all codes, as a sample shows it: time to close calls, before any has to wait."""
_TRIED = select(Call.code).where(Call.code.in_(bindparam("tried", expanding=True)))
_IN_USE = _TRIED.where(OPEN_CALL)
_RESTING = union_all(_IN_USE, _TRIED.where(Call.created_at > bindparam("rested")))
"""Each by an index: after years every code has had many calls."""
_random = random.SystemRandom()


def free_code(uow: UnitOfWork) -> str:
    """A code that no open call has, and no call had lately.

    Where nearly all are resting, one that no open call has; where there is none either, a longer
    one, which a person has to read: no call is refused for it.
    """
    for query in (_RESTING, _IN_USE):
        for number in TRIES:
            tried = [*islice(codes(_random), number)]
            used = _used(uow, tried, query)
            if free := [code for code in tried if code not in used]:
                return free[0]
    return long_code(_random)


def is_resting(uow: UnitOfWork, code: str) -> bool:
    """Has a call this code, or had one lately?"""
    return bool(_used(uow, [code]))


def running_out(uow: UnitOfWork) -> Iterator[Finding]:
    """Are many of the codes taken? Told from a sample, however many calls there are."""
    sample = [*{*islice(codes(_random), SAMPLE)}]
    used = len(_used(uow, sample))
    if used >= MANY * len(sample):
        yield Finding("codes_low", 1, None)


def _used(
    uow: UnitOfWork, tried: list[str], query: Select[str] | CompoundSelect[str] = _RESTING
) -> set[str]:
    rested = {} if query is _IN_USE else {"rested": uow.now - REST}
    with uow.asking((Call,)):
        return {code for (code,) in uow.rows(query, {"tried": tried, **rested})}
