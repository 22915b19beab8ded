"""Timers that are due, each in a transaction of its own."""

from collections.abc import Callable

from triage.context import AppContext
from triage.domain.errors import Conflict
from triage.entrypoints.worker.told import ACTOR
from triage.services import timers
from triage.services.timers import ANY, Lane


def fire_timers(
    context: AppContext, go_on: Callable[[], bool] = lambda: True, lane: Lane = ANY
) -> None:
    """Do everything that is due in this lane.

    A timer that lost a race is begun anew at once: the other change was real, and what is due may
    be so no more. Whatever loses every time is put off like any other failure.
    """
    fired = False
    while go_on():
        if not fired and not _anything_due(context, lane):
            return
        try:
            fired = context.do(
                ACTOR, lambda uow: timers.fire_due(uow, context.centre, lane), keyed=True
            )
        except Conflict:
            fired = context.do(
                ACTOR,
                lambda uow: timers.fire_due(uow, context.centre, lane, put_off_lost_races=True),
            )
        if not fired:
            return  # another worker has it in hand


def settle_unknown(context: AppContext) -> None:
    """Steps that one release knows and another does not, while both are at work or one is gone."""
    with context.reading() as uow:
        if not timers.anything_of_others(uow):
            return
    context.do(ACTOR, timers.settle_unknown)


def _anything_due(context: AppContext, lane: Lane) -> bool:
    with context.reading() as uow:
        return timers.anything_due(uow, lane)
