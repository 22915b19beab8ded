"""Running the service: demo, serve, worker, db, calls, doctor."""

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import make_url, select

from triage.domain.lifecycle import CallState
from triage.entrypoints import worker as clockwork
from triage.entrypoints.demo import Demo
from triage.entrypoints.web_server import WebServer
from triage.services.watch import paging_state
from triage.settings import ROOT, fresh_key, read_settings
from triage.storage.calls import Call

PORTS = click.IntRange(1, 65535)


@click.command(epilog="Example: PORT=9000 triage demo")
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=PORTS)
@click.option("--folder", default=ROOT / "var", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def demo(ctx: click.Context, port: int, folder: Path) -> None:
    """Run the whole service on this machine with invented people, calls and telephones."""
    sys.exit(Demo(folder.resolve(), port, ctx.obj.environment(), ctx.obj.prepared).run())


@click.command(epilog="Example: triage serve --bind 127.0.0.1:8000 --processes 3")
@click.option("--bind", default="127.0.0.1:8000", show_default=True)
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@click.pass_context
def serve(ctx: click.Context, bind: str, processes: int) -> None:
    """Serve the pages and the API with gunicorn. Texts are sent by `triage worker`."""
    context = ctx.obj.context()
    click.echo(f"Serving {context.settings.public_url} at http://{bind}.")
    WebServer(context, ctx.obj.web_app, bind, processes).run()


@click.command(epilog="Example: triage worker. Any number may run.")
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Send texts, pass over teams that do not answer, remind of follow-ups."""
    clockwork.run(ctx.obj.context())


@click.group()
def db() -> None:
    """The database."""


@db.command(epilog="Example: triage db upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the tables up to date and publish the shipped rule sets. Harmless to repeat."""
    ctx.obj.prepared()
    click.echo("The database is up to date.")


@db.command(epilog="Example: triage db backup /srv/backup/triage.sqlite")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(ctx: click.Context, to: Path) -> None:
    """Copy the SQLite database while it is in use. With PostgreSQL use pg_dump or a standby."""
    engine = ctx.obj.context().database.engine
    if engine.dialect.name != "sqlite":
        raise click.ClickException("this database is PostgreSQL: use pg_dump or pg_basebackup")
    if to.exists():
        raise click.ClickException(f"{to} exists already")
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(to),))
    click.echo(f"Copied to {to}. It opens only with this installation's keys.")


@db.command(epilog="Example: triage db restore /srv/backup/triage.sqlite")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Set the present database aside first.")
@click.pass_context
def restore(ctx: click.Context, source: Path, replace: bool) -> None:
    """Put a copy made by `triage db backup` in place. Stop web and worker before."""
    url = make_url(read_settings(ctx.obj.environment()).database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException("this database is PostgreSQL: use pg_restore")
    target = Path(url.database)
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
        if not _is_whole(copy):
            raise click.ClickException(f"{source} is damaged: nothing was changed")
    if target.exists() and not replace:
        raise click.ClickException(f"{target} exists: --replace sets it aside")
    for file in target.parent.glob(f"{target.name}*"):  # with its -wal and -shm
        file.rename(file.with_name(f"before-restore-{file.name}"))
    shutil.copy(source, target)
    ctx.obj.context()  # refuses another key, other tables
    click.echo(f"{source} is in place; what stood there is kept as before-restore-{target.name}.")


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


@click.command(epilog="Example: triage doctor; triage doctor --new-key 2026b")
@click.option("--new-key", metavar="ID", help="Print a new data or index key with this id.")
@click.pass_context
def doctor(ctx: click.Context, new_key: str | None) -> None:
    """Check settings, keys, database, rule sets and the worker; exit 1 if paging does not work."""
    if new_key is not None:
        click.echo(fresh_key(new_key))
        return
    context = ctx.obj.context()
    click.echo("settings, keys, tables, rules and clock: in order")
    if context.settings.sms == "simulator":
        click.echo("texts: SIMULATED, no telephone is reached; anybody at this machine can answer")
    with context.reading() as uow:
        state = paging_state(uow)
    for name, value in state.items():
        click.echo(f"{name}: {value}")
    sys.exit(0 if state["paging"] else 1)


def _is_whole(copy: sqlite3.Connection) -> bool:
    try:
        return bool(copy.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


COMMANDS = (demo, serve, worker, db, calls, doctor)
