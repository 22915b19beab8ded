"""`triage audit`: is the trail of who did what as it was written?"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy.exc import SQLAlchemyError

from triage.context import AppContext
from triage.domain.audit_chains import Anchors, Break, DamagedAnchors
from triage.domain.errors import TriageError
from triage.domain.findings import KINDS
from triage.services import audit_trail
from triage.services.audit_trail import Declared
from triage.storage.unit_of_work import UnitOfWork

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
    database was put in place. That it was read, and with what result, is noted in the trail.
    """
    context: AppContext = ctx.obj.context()
    kept = context.anchors
    with _told_in_words(), context.reading() as uow:
        verdict = audit_trail.verify(uow, kept, tell=_tell)
        declared = [*_declared(context, uow)]
        fewer = kept is not None and any(audit_trail.fewer_anchors(uow, kept.last()))
    click.echo(f"read: {verdict.lines:,} lines; chains: {verdict.chains}")
    if verdict.unchained:
        click.echo(f"from before there were chains, which nobody can check: {verdict.unchained:,}")
    if kept is None:
        click.echo("compared with nothing outside: set TRIAGE_AUDIT_ANCHORS")
    elif verdict.last_anchor:
        click.echo(f"anchors compared: {verdict.anchors:,}, to {_at(context, verdict.last_anchor)}")
    else:
        click.echo("anchors compared: there are none")
    for line in (*declared, *_told(context, verdict.breaks)):
        click.echo(line)
    if fewer:
        click.echo(f"WRONG: {KINDS['anchors_gone'].what}. {KINDS['anchors_gone'].mend}")
    try:
        context.do("operator", lambda uow: audit_trail.note_read(uow, verdict))
    except (TriageError, SQLAlchemyError):  # a copy that cannot be written to is read all the same
        click.echo(
            "not noted, because this database takes nothing: triage doctor knows nothing of it"
        )
    if verdict.breaks or fewer:
        sys.exit(1)
    click.echo("all of it is as it was written")


def _tell(lines: int) -> None:
    click.echo(f"read so far: {lines:,}", err=True)


def _at(context: AppContext, instant: datetime) -> str:
    return f"{instant.astimezone(context.centre.policy.time_zone):%F %T %Z}"


def _told(context: AppContext, breaks: list[Break]) -> Iterator[str]:
    for one in breaks[:_MOST]:
        yield f"WRONG: {_where(context, one)} {_WORDS[one.what]}"
    if len(breaks) > _MOST:
        yield f"WRONG: {len(breaks) - _MOST:,} more places"


_SAID = {
    audit_trail.RESTORED: "an older copy of the database was put in place",
    audit_trail.ANCHORS_ANEW: "what was written down outside is lost, and was begun anew",
}


def _declared(context: AppContext, uow: UnitOfWork) -> Iterator[str]:
    for event, at, said in audit_trail.declarations(uow):
        who = f"{said.by}: {said.why}" if said.by else "nobody who gave a name"
        yield f"DECLARED: {_SAID[event]} ({_at(context, at)}), says {who}"


_WORDS = {
    "altered": "is not as it was written",
    "missing": "is not there",
    "twice": "stands a second time",
    "unchained": "is of no chain, though it was written when there were chains",
    "beyond": "stands behind the end of its chain",
    "elsewhere": "is not what was written down outside",
}


def _where(context: AppContext, one: Break) -> str:
    words = [] if one.chain is None else [f"chain {one.chain}, line {one.seq}"]
    if one.through not in (None, one.seq):
        words.append(f"to {one.through}")
    if one.at:
        found = "the next is" if one.what == "missing" else "it is"
        words.append(f"({found} of {_at(context, one.at)}, {one.line})")
    return " ".join(words)


def _sentence(what: str, longest: int) -> Callable[..., str]:
    """What an option must hold; where it does not, a sentence says what to type."""

    def check(_: click.Context, option: click.Parameter, typed: str | None) -> str:
        words = " ".join((typed or "").split())
        if not words:
            raise click.UsageError(f"say {what}: {option.opts[0]} {option.metavar}")
        if len(words) > longest:
            raise click.UsageError(f"{option.opts[0]}: {len(words)} characters, {longest} fit")
        return words

    return check


_WHO = click.option(
    "--by",
    metavar="NAME",
    callback=_sentence("who says so, by name", 120),
    help="Who says so. Stands in the trail for as long as the trail is kept.",
)
_WHY = click.option(
    "--why",
    metavar="REASON",
    callback=_sentence("why, in a sentence", 500),
    help="Why. Stands there too: nothing about callers or calls.",
)


@audit.command(
    epilog='Example: triage audit restored --by "Jo Marsh" --why "Disk failed, copy of 03:00"'
)
@_WHO
@_WHY
@click.pass_context
def restored(ctx: click.Context, by: str, why: str) -> None:
    """Say that an older copy of the database was put in place on purpose.

    The trail then ends earlier than the anchors say, and the watcher tells every screen until
    somebody who knows why says so. `triage audit verify` tells who did, when and why.
    """
    context: AppContext = ctx.obj.context()
    anchors = _outside(context)
    context.do("operator", lambda uow: audit_trail.note_restored(uow, Declared(by, why)))
    with _told_in_words(), context.reading() as uow:
        kept = audit_trail.kept(uow, anchors.all())
        anchors.write(uow.now, audit_trail.ends(uow), kept=kept)
    click.echo("Noted, in the trail and outside.")


@audit.command(
    "anchors-anew",
    epilog='Example: triage audit anchors-anew --by "Jo Marsh" --why "The share was replaced"',
)
@_WHO
@_WHY
@click.pass_context
def anchors_anew(ctx: click.Context, by: str, why: str) -> None:
    """Say that what was written down outside is lost, and begin anew in TRIAGE_AUDIT_ANCHORS.

    Until then the watcher tells every screen and writes nothing there. First see whether the files
    can be put back, and run `triage audit verify`: from here on nothing outside tells of lines that
    were cut off before.
    """
    context: AppContext = ctx.obj.context()
    anchors = _outside(context)
    with _told_in_words():
        last = anchors.last()
        with context.reading() as uow:
            if any(audit_trail.look(uow, last.heads if last else {})):
                raise click.ClickException("the trail is not whole: run triage audit verify first")
            if not any(audit_trail.fewer_anchors(uow, last)):
                raise click.ClickException("nothing is lost: the folder has what was written there")
        context.do("operator", lambda uow: audit_trail.note_anchors_anew(uow, Declared(by, why)))
        with context.reading() as uow:
            anchors.write(uow.now, audit_trail.ends(uow))
    click.echo("Noted in the trail, and begun anew outside.")


def _outside(context: AppContext) -> Anchors:
    if context.anchors is None:
        raise click.ClickException(
            "TRIAGE_AUDIT_ANCHORS is not set here, so nothing was noted. Does the watcher run with"
            " it? Set it here as it is there, and type this again. Does it run without? Start"
            " `triage watch` anew: then it remembers how far the trail has come only while it runs."
        )
    return context.anchors


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except DamagedAnchors as error:
        raise click.ClickException(f"the anchors do not hold: {error}") from None
    except OSError as error:
        raise click.ClickException(f"the anchors cannot be read or written: {error}") from None
