"""`triage db`: tables, copies, and going on after one was put back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import make_url

from triage.context import AppContext
from triage.entrypoints import copying
from triage.services import copies, environments, restored
from triage.settings import read_settings


@click.group()
def db() -> None:
    """The database."""


@db.command(epilog="Example: triage db upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the tables up to date and publish the shipped rule sets. Harmless to repeat."""
    ctx.obj.prepared()
    click.echo("The database is up to date.")


@db.command(
    epilog="Example: triage db backup /mnt/other/triage.sqlite;"
    " triage db backup --every 60 --keep 120 /mnt/other/copies"
)
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--every", metavar="SECONDS", type=click.IntRange(10, 86400), help="Go on for ever.")
@click.option("--keep", default=60, show_default=True, type=click.IntRange(1, 100_000))
@click.pass_context
def backup(ctx: click.Context, to: Path, every: int | None, keep: int) -> None:
    """Copy the SQLite database while it is in use. With PostgreSQL use pg_dump or a standby.

    With --every TO is a folder, on another disk, that keeps the newest copies. Each is checked
    before it counts, and the watcher tells every screen when the last one is too old.
    """
    context: AppContext = ctx.obj.context()
    if context.database.engine.dialect.name != "sqlite":
        raise click.ClickException("this database is PostgreSQL: use pg_dump or pg_basebackup")
    if every is not None:
        if to.exists() and not to.is_dir():
            raise click.ClickException(f"{to} is a file: with --every name a folder")
        copying.keep_copying(context, to, every, keep)
        return
    if to.is_dir():
        raise click.ClickException(f"{to} is a folder: name a file, or add --every SECONDS")
    if to.exists():
        raise click.ClickException(f"{to} exists already")
    try:
        copying.copy_to(context, to)
    except copying.NotWhole:
        raise click.ClickException(f"the copy {to} was damaged and is gone: try again") from None
    click.echo(f"Copied to {to}. It opens only with this installation's keys.")


@db.command("backup-note", epilog="Example: pg_dump ... && triage db backup-note nightly")
@click.argument("place")
@click.option("--bytes", "size", default=0, type=click.IntRange(0), help="How large it is.")
@click.pass_context
def backup_note(ctx: click.Context, place: str, size: int) -> None:
    """Tell the watcher that a copy was made by other means, such as pg_dump.

    PLACE -- where it is, in a word. Say it only after you have looked that it is whole.
    """
    context: AppContext = ctx.obj.context()
    context.do("operator", lambda uow: copies.note(uow, place, size))
    click.echo("Noted.")


@db.command(epilog="Example: triage db restore /mnt/other/triage.sqlite --replace")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Set the present database aside first.")
@click.pass_context
def restore(ctx: click.Context, source: Path, replace: bool) -> None:
    """Put a copy made by `triage db backup` in place. Stop all other processes before.

    What was due when the copy was made is held: it may have been done since. Look through it
    under Watch, then `triage db resume`. New calls are paged at once.
    """
    url = make_url(read_settings(ctx.obj.environment()).database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException("this database is PostgreSQL: use pg_restore, then db hold")
    target = Path(url.database)
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
        if not copying.is_whole(copy):
            raise click.ClickException(f"{source} is damaged: nothing was changed")
    if target.exists() and not replace:
        raise click.ClickException(f"{target} exists: --replace sets it aside")
    for file in target.parent.glob(f"{target.name}*"):  # with its -wal and -shm
        file.rename(file.with_name(f"before-restore-{file.name}"))
    shutil.copy(source, target)
    context = ctx.obj.context()  # refuses another key, other tables
    click.echo(f"{source} is in place; what stood there is kept as before-restore-{target.name}.")
    _hold(context)


@db.command(epilog="Example: pg_restore ... && triage db hold")
@click.pass_context
def hold(ctx: click.Context) -> None:
    """After a restore of PostgreSQL: hold what was due when the copy was made."""
    _hold(ctx.obj.context())


def _hold(context: AppContext) -> None:
    steps, texts = context.do("operator", restored.hold)
    click.echo(f"Held: {_counted(steps, 'step')} and {_counted(texts, 'text')} of the copy.")
    if steps or texts:
        click.echo("Look through them under Watch, then run `triage db resume`.")


@db.command(epilog="Example: triage db resume")
@click.pass_context
def resume(ctx: click.Context) -> None:
    """Go on with what a restore holds. What is too old by now is told, not sent."""
    context: AppContext = ctx.obj.context()
    steps, texts = context.do("operator", restored.resume)
    click.echo(f"Released: {_counted(steps, 'step')} and {_counted(texts, 'text')}.")


@db.command(epilog="Example: triage db adopt")
@click.pass_context
def adopt(ctx: click.Context) -> None:
    """The service has moved: this database belongs to TRIAGE_ENVIRONMENT from now on.

    First be sure that the other one has ended, or people are texted twice. What was due is held.
    """
    context: AppContext = ctx.obj.context()
    ours = context.settings.environment
    before = context.do("operator", lambda uow: environments.settle(uow, ours))
    if before == ours:
        click.echo(f"It belongs to {ours} already. Nothing was changed.")
        return
    click.echo(f"It belongs to {ours} now; before, to {before or 'nobody'}.")
    _hold(context)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


COMMANDS = (db,)
