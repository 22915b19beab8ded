"""Running the service: demo, serve, worker, calls."""

import os
import sys
from pathlib import Path

import click
from sqlalchemy import select

from triage.domain.lifecycle import CallState
from triage.entrypoints import worker as clockwork
from triage.entrypoints.demo import Demo
from triage.settings import ROOT
from triage.storage.calls import Call

PORTS = click.IntRange(1, 65535)


@click.command(epilog="Example: PORT=9000 triage demo")
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=PORTS)
@click.option("--folder", default=ROOT / "var", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def demo(ctx: click.Context, port: int, folder: Path) -> None:
    """Run the whole service on this machine with invented people, calls and telephones."""
    sys.exit(Demo(folder.resolve(), port, ctx.obj.environment(), ctx.obj.prepared).run())


@click.command(epilog="Example: triage train --port 8100")
@click.option("--port", envvar="PORT", default=8100, show_default=True, type=PORTS)
@click.option(
    "--folder", default=ROOT / "var" / "training", type=click.Path(path_type=Path, file_okay=False)
)
@click.pass_context
def train(ctx: click.Context, port: int, folder: Path) -> None:
    """Run an installation to learn on: a database of its own, simulated telephones, scripted
    callers, and each try compared with the rules.

    TRIAGE_CONFIG and TRIAGE_RULES are kept, so that people learn on their own rules; the calls
    stand in training_calls.toml beside the settings. Every screen says that it is training.
    """
    tools = ctx.obj
    sys.exit(Demo(folder.resolve(), port, tools.environment(), tools.prepared, training=True).run())


@click.command(epilog="Example: triage serve --bind 127.0.0.1:8000 --processes 3")
@click.option("--bind", default="127.0.0.1:8000", show_default=True)
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@click.pass_context
def serve(ctx: click.Context, bind: str, processes: int) -> None:
    """Serve the pages and the API with gunicorn. Texts are sent by `triage worker`."""
    from triage.entrypoints.web_server import WebServer  # no other command needs a server

    context = ctx.obj.context()
    public, here = context.settings.public_url, f"http://{bind}"
    click.echo(f"Serving {public}." if public == here else f"Serving {public} at {here}.")
    WebServer(context, ctx.obj.web_app, bind, processes).run()


@click.command(epilog="Example: triage worker. Any number may run.")
@click.option("--no-restart", is_flag=True, help="Leave it to others to start a dead one again.")
@click.pass_context
def worker(ctx: click.Context, no_restart: bool) -> None:
    """Send texts, pass over teams that do not answer, remind of follow-ups."""
    work = clockwork.run if no_restart else clockwork.supervise
    work(ctx.obj.context_at_home())
    # All is written down. What Python does beside at its end can only fail: a line that it says of
    # that, and finds no room for, would make the exit status that of a failure.
    os._exit(0)


@click.command(epilog="Example: triage calls")
@click.pass_context
def calls(ctx: click.Context) -> None:
    """List the open calls: reference, code, state, since when. No personal data."""
    context = ctx.obj.context()
    with context.reading() as uow:
        open_calls = uow.session.scalars(
            select(Call)
            .where(Call.state.in_([CallState.OPEN, CallState.ASKING]))
            .order_by(Call.received_at)
        )
        for call in open_calls:
            since = call.received_at.astimezone(context.centre.policy.time_zone)
            click.echo(
                f"{call.reference}  {call.code}  {call.state.value:7}  {since:%Y-%m-%d %H:%M %Z}"
            )


COMMANDS = (demo, train, serve, worker, calls)
