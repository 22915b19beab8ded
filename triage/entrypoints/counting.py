"""Counting what callers usually answer: by the worker once a day, by an operator at once."""

from collections.abc import Callable

from triage.context import AppContext
from triage.services import habits
from triage.services.habits import Count
from triage.storage.unit_of_work import UnitOfWork


def count_answers(context: AppContext, go_on: Callable[[], bool] = lambda: True) -> None:
    """Count if the last count was a day ago.

    Apart from the timers: it may take seconds, and no page waits for it. A worker that is killed
    meanwhile leaves nothing behind, and the count is due as before.
    """
    with context.reading() as uow:
        if not habits.is_due(uow, context.centre):
            return
    counted = habits.count(context.reading, context.centre, go_on)
    if counted is not None:
        context.do("worker", lambda uow: _keep_one(uow, context, counted))


def _keep_one(uow: UnitOfWork, context: AppContext, counted: Count) -> None:
    if habits.is_due(uow, context.centre):  # else another worker was sooner
        habits.keep(uow, counted)


def count_now(context: AppContext) -> None:
    """Count without waiting for the day to pass."""
    counted = habits.count(context.reading, context.centre, lambda: True)
    if counted is not None:
        context.do("operator", lambda uow: habits.keep(uow, counted))
