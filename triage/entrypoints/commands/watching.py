"""`triage watch` and `triage doctor`: does paging work?"""

import sys

import click

from triage.context import AppContext
from triage.domain.findings import KINDS
from triage.entrypoints import watcher
from triage.services.watch import paging_state
from triage.settings import fresh_key


@click.command(epilog="Example: triage watch. Any number may run.")
@click.pass_context
def watch(ctx: click.Context) -> None:
    """Look every 5 s whether paging works, and tell every screen and /pagingz when not.

    While all is well TRIAGE_HEARTBEAT_URL is called, if it is set: whoever listens there raises
    the alarm when it stops.
    """
    watcher.run(ctx.obj.context())


@click.command(epilog="Example: triage doctor; triage doctor --new-key 2026b")
@click.option("--new-key", metavar="ID", help="Print a new data or index key with this id.")
@click.pass_context
def doctor(ctx: click.Context, new_key: str | None) -> None:
    """Check settings, keys, database, rule sets, worker and watcher; exit 1 if paging does not
    work."""
    if new_key is not None:
        click.echo(fresh_key(new_key))
        return
    context: AppContext = ctx.obj.context()
    click.echo("settings, keys, tables, rules and clock: in order")
    click.echo(f"environment: {context.settings.environment}")
    if context.settings.sms == "simulator":
        click.echo("texts: SIMULATED, no telephone is reached; anybody at this machine can answer")
    if context.heartbeat is None:
        click.echo("outside: nobody is told; set TRIAGE_HEARTBEAT_URL")
    with context.reading() as uow:
        state = paging_state(uow)
    findings = state.pop("findings")
    for name, value in state.items():
        click.echo(f"{name}: {value}")
    for found in findings:
        kind = KINDS[found["code"]]
        click.echo(f"WRONG: {kind.what} ({found['count']}). {kind.mend}")
    sys.exit(0 if state["paging"] else 1)


COMMANDS = (watch, doctor)
