"""`triage figures`: the days that are over, counted."""

from datetime import date, datetime
from functools import partial

import click

from triage.context import AppContext
from triage.services import figures as service

_ACTOR = "operator"
_TELL_EVERY = 100
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def figures() -> None:
    """Figures of whole days, which supervisors read under Figures."""


@figures.command(epilog="Example: triage figures roll --from 2026-10-01 --to 2026-10-31")
@click.option("--from", "first", type=_DAY, help="The first day; default that of the first call.")
@click.option("--to", "last", type=_DAY, help="The last day; default yesterday.")
@click.pass_context
def roll(ctx: click.Context, first: datetime | None, last: datetime | None) -> None:
    """Count days anew, each in a transaction of its own. The worker does so by itself, each night.

    May be broken off and repeated. A day of which calls are gone keeps its figures.
    """
    context: AppContext = ctx.obj.context()
    centre, kept = context.centre, list[date]()
    with context.reading() as uow:
        days = service.days(uow, centre, first and first.date(), last and last.date())
    if not days:
        raise click.ClickException("there is no such day that is over and had calls")
    for number, day in enumerate(days, 1):
        roll_it = partial(service.roll, centre=centre, day=day)
        if not context.do(_ACTOR, roll_it, patient=True):
            kept.append(day)
        if number % _TELL_EVERY == 0:
            click.echo(f"counted so far: {number} of {len(days)} days", err=True)
    click.echo(f"counted: {len(days) - len(kept)} days, {days[0]} to {days[-1]}")
    if kept:
        click.echo(f"left as they were, because calls of them are gone: {len(kept)} days")
