"""`triage audit`: is the trail of who did what as it was written?"""

import sys
from collections.abc import Iterator

import click

from triage.context import AppContext
from triage.domain.audit_chains import Break, DamagedAnchors
from triage.services import audit_trail

_MOST = 20
"""Places that are told one by one."""


@click.group()
def audit() -> None:
    """The trail of who did what, to what and when."""


@audit.command(epilog="Example: triage audit verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Read the whole trail and tell every place that is not as it was written; exit 1 then.

    Beside live work; some 50,000 lines a second. With TRIAGE_AUDIT_ANCHORS set, what was written
    down there is compared as well: that alone shows that the end was cut off, or that an older
    database was put in place.
    """
    context: AppContext = ctx.obj.context()
    kept = context.anchors
    try:
        with context.reading() as uow:
            verdict = audit_trail.verify(uow, kept.all() if kept else (), tell=_tell)
    except DamagedAnchors as error:
        raise click.ClickException(f"the anchors do not hold: {error}") from None
    except OSError as error:
        raise click.ClickException(f"the anchors cannot be read: {error}") from None
    click.echo(f"read: {verdict.lines:,} lines; chains: {verdict.chains}")
    if verdict.unchained:
        click.echo(f"from before there were chains, which nobody can check: {verdict.unchained:,}")
    if kept is None:
        click.echo("compared with nothing outside: set TRIAGE_AUDIT_ANCHORS")
    elif verdict.last_anchor:
        click.echo(f"anchors compared: {verdict.anchors:,}, to {verdict.last_anchor:%F %T} UTC")
    for line in _told(verdict.breaks):
        click.echo(line)
    if verdict.breaks:
        sys.exit(1)
    click.echo("all of it is as it was written")


def _tell(lines: int) -> None:
    click.echo(f"read so far: {lines:,}", err=True)


def _told(breaks: list[Break]) -> Iterator[str]:
    for one in breaks[:_MOST]:
        yield f"WRONG: {_where(one)} {_WORDS[one.what]}"
    if len(breaks) > _MOST:
        yield f"WRONG: {len(breaks) - _MOST:,} more places"


_WORDS = {
    "altered": "is not as it was written",
    "missing": "is not there",
    "twice": "stands a second time",
    "unchained": "is of no chain, though it was written when there were chains",
    "beyond": "stands behind the end of its chain",
    "elsewhere": "is not what was written down outside",
}


def _where(one: Break) -> str:
    words = [] if one.chain is None else [f"chain {one.chain}, line {one.seq}"]
    if one.through not in (None, one.seq):
        words.append(f"to {one.through}")
    if one.at:
        found = "the next is" if one.what == "missing" else "it is"
        words.append(f"({found} of {one.at:%F %T} UTC, {one.line})")
    return " ".join(words)


@audit.command(epilog="Example: triage db restore COPY --replace && triage audit restored")
@click.pass_context
def restored(ctx: click.Context) -> None:
    """Say that an older copy of the database was put in place on purpose.

    The trail then ends earlier than the anchors say, and the watcher tells every screen until
    somebody who knows why says so.
    """
    context: AppContext = ctx.obj.context()
    if context.anchors is None:
        raise click.ClickException(
            "nothing is written down outside (TRIAGE_AUDIT_ANCHORS): start the watcher anew"
        )
    context.do("operator", audit_trail.note_restored)
    try:
        with context.reading() as uow:
            kept = audit_trail.kept(uow, context.anchors.all())
            context.anchors.write(uow.now, audit_trail.ends(uow), kept=kept)
    except DamagedAnchors as error:
        raise click.ClickException(f"the anchors do not hold: {error}") from None
    except OSError as error:
        raise click.ClickException(f"the anchors cannot be written: {error}") from None
    click.echo("Noted, in the trail and outside.")
