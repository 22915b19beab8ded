"""`triage retention`: what is erased, what waits, and what is kept for somebody who asked."""

import click

from triage.context import AppContext
from triage.services import calls
from triage.services import retention as service

_ACTOR = "operator"
_TELL_EVERY = 100


@click.group()
def retention() -> None:
    """How long it is kept what people said, their names, numbers and places."""


@retention.command(epilog="Example: triage retention show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show what is due to be erased. Counts only; on a large history it takes a while."""
    context: AppContext = ctx.obj.context()
    with context.reading() as uow:
        standing = service.standing(uow, context.centre)
    if standing.before is None:
        click.echo("Nothing is ever erased: words_days is 0 in the settings file.")
    else:
        ended = standing.before.astimezone(context.centre.policy.time_zone)
        click.echo(f"Erased is what is older than {ended:%Y-%m-%d %H:%M %Z}.")
        click.echo(f"calls that are due: {standing.due}")
        click.echo(f"calls as old that wait, because something is not over: {standing.waiting}")
    click.echo(f"calls that somebody asked to be kept: {standing.preserved}")


@retention.command(epilog="Example: triage retention erase")
@click.pass_context
def erase(ctx: click.Context) -> None:
    """Erase all that is due, at once. The worker does so by itself, three calls a second.

    A few calls at a time, so that nobody waits for it. May be broken off and begun anew.
    """
    context: AppContext = ctx.obj.context_at_home()
    if not context.centre.policy.words_days:
        raise click.ClickException("nothing is ever erased: words_days is 0 in the settings file")
    done = told = 0
    while count := context.do(
        _ACTOR, lambda uow: service.erase_some(uow, context.centre), patient=True
    ):
        done += count
        if done - told >= _TELL_EVERY:
            told = done
            click.echo(f"erased so far: {done}", err=True)
    click.echo(f"erased: {done} calls, forms and texts; nothing more is due")


@retention.command(epilog='Example: triage retention keep 261129-7QK2M9 --why "Subpoena 26-1187"')
@click.argument("reference")
@click.option("--why", required=True, help="Who asked for it: kept encrypted.")
@click.pass_context
def keep(ctx: click.Context, reference: str, why: str) -> None:
    """Have nothing of a call erased, because a court, a lawyer or an inquiry asks for it."""
    context: AppContext = ctx.obj.context()
    context.do(_ACTOR, lambda uow: service.preserve(uow, calls.by_reference(uow, reference), why))
    click.echo(f"{reference} is kept until: triage retention let-go {reference}")


@retention.command("let-go", epilog="Example: triage retention let-go 261129-7QK2M9")
@click.argument("reference")
@click.pass_context
def let_go(ctx: click.Context, reference: str) -> None:
    """End that: the call is erased when any other of its age is."""
    context: AppContext = ctx.obj.context()
    context.do(_ACTOR, lambda uow: service.let_go(uow, calls.by_reference(uow, reference)))
    click.echo(f"{reference} is erased when its time has come")
