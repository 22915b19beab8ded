"""`triage watch` and `triage doctor`: does paging work?"""

import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from triage.context import AppContext
from triage.domain.findings import KINDS
from triage.entrypoints import downtime_paper, watcher
from triage.services import audit_trail
from triage.services.watch import paging_state
from triage.settings import ROOT, Settings, SettingsError, fresh_key
from triage.storage.standby import StandbyAway
from triage.storage.unit_of_work import UnitOfWork


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
    for line in (*_about_the_demo(context.settings), *_about_telephones(context.settings)):
        click.echo(line)
    try:
        ctx.obj.check_authorities(context)
    except SettingsError as error:
        click.echo(f"texts: NO WORKER STARTS: {error}")
    for line in (*_about_outside(context.settings), *_about_the_standby(context)):
        click.echo(line)
    for line in _about_folders(context.settings):
        click.echo(line)
    with context.reading() as uow:
        click.echo(_about_the_trail(uow, context.settings.policy.time_zone))
        state = paging_state(uow)
    for line in _about_paging(state):
        click.echo(line)
    for found in state["findings"]:
        kind = KINDS[found["code"]]
        click.echo(f"WRONG: {kind.what} ({found['count']}). {kind.mend}")
    sys.exit(0 if state["paging"] else 1)


def _about_the_demo(settings: Settings) -> Iterator[str]:
    if settings.demo:
        yield "DEMO: TRIAGE_DEMO is set, for invented calls only. NOT FOR LIVE CALLS: unset it"
    for what, file, shipped in (
        ("settings", settings.config, "settings.toml"),
        ("places", settings.gazetteer, "demo_gazetteer.csv"),
    ):
        example = ROOT / "config" / shipped
        if example.is_file() and file.read_bytes() == example.read_bytes():
            own = "TRIAGE_CONFIG" if what == "settings" else "gazetteer of the settings file"
            yield (
                f"{what}: THE DEMO'S, of an invented town ({file}). NOT FOR LIVE CALLS: copy the"
                f" file, write your center's own into it, and name the copy in {own}"
            )


_WORKS = {
    "ok": "works",
    "degraded": "works, but something has to be seen to",
    "down": "DOES NOT WORK: teams may not be reached by text",
}


def _about_paging(state: Mapping[str, Any]) -> Iterator[str]:
    yield f"paging: {_WORKS[state['state']]}"
    for who, age_s in (("worker", state["tick_age_s"]), ("watcher", state["watched_age_s"])):
        yield f"{who}: " + ("NEVER seen" if age_s is None else f"seen {_lasting(age_s)} ago")
    for what, age_s in (("steps", state["oldest_timer_s"]), ("texts", state["oldest_text_s"])):
        yield f"{what} that are due: " + (
            "none" if age_s is None else f"the oldest for {_lasting(age_s)}"
        )
    yield f"steps that failed and wait for a person: {state['parked_timers'] or 'none'}"


def _lasting(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _about_the_trail(uow: UnitOfWork, zone: ZoneInfo) -> str:
    """When it was read as a whole, by the center's clock, and with what result."""
    last = audit_trail.last_reading(uow)
    if last is None:
        return "audit trail: NEVER READ as a whole: run triage audit verify every night"
    told = f"audit trail: read as a whole {last.at.astimezone(zone):%F %T %Z}, {last.lines:,} lines"
    if last.wrong:
        return f"{told}. WRONG PLACES: {last.wrong:,}; triage audit verify names them"
    if last.too_old:
        days = (uow.now - last.at).days
        return f"{told}: {days} DAYS AGO; run triage audit verify every night"
    return f"{told}, all as they were written"


def _about_outside(settings: Settings) -> Iterator[str]:
    if (outside := settings.heartbeat_url) is None:
        yield "outside: nobody is told; set TRIAGE_HEARTBEAT_URL"
    elif outside.startswith("https:") and not _knows_authorities():
        yield (
            "outside: NOBODY IS TOLD: this machine has no list of certificate authorities; install"
            " ca-certificates, or name one in SSL_CERT_FILE"
        )


def _about_folders(settings: Settings) -> Iterator[str]:
    paper, anchors = settings.downtime_folder, settings.anchors_folder
    if paper is not None and not os.access(paper, os.W_OK | os.X_OK):
        yield f"paper: the downtime folder {paper} CANNOT BE WRITTEN TO by who runs this"
    if anchors is None:
        yield "audit trail: how far it has come is kept nowhere else; set TRIAGE_AUDIT_ANCHORS"
    elif not os.access(anchors, os.W_OK | os.X_OK):
        yield f"audit trail: the folder {anchors} CANNOT BE WRITTEN TO by who runs this"


def _about_the_standby(context: AppContext) -> Iterator[str]:
    if context.standby is None:
        return
    try:
        with context.standby.reading() as reading:
            behind = "?" if reading.behind_s is None else f"{reading.behind_s:.0f}"
            yield f"figures: read on a standby, {behind} s behind"
    except StandbyAway:
        yield "figures: CANNOT BE READ: no standby answers at TRIAGE_STANDBY_URL"


def _knows_authorities() -> bool:
    found = ssl.get_default_verify_paths()
    return bool(found.cafile or (found.capath and any(Path(found.capath).iterdir())))


def _about_telephones(settings: Settings) -> Iterator[str]:
    """What cannot be reached, and what nobody knows before it was tried: doctor sends nothing."""
    twilio, address = settings.twilio, settings.public_url
    if twilio is None:
        yield "texts: SIMULATED, no telephone is reached; anybody at this machine can answer"
        return
    if twilio.voice_sender is None:
        yield (
            "calls: NO NUMBER CAN RING: alarms are texted only, and no page rings; set TWILIO_FROM"
            " to a number that can call, which a messaging service and a short code cannot"
        )
    yield "not checked: does the provider know this account and sender? Try: triage phone test"
    if twilio.voice_sender is not None:
        yield "not checked: does the number ring? Try: triage phone test --ring"
    yield f"not checked: does the provider reach {address}/sms/status and {address}/voice?"
    yield f"not checked: do texts to our number come in at {address}/sms/inbound? Text it HELLO"


@click.command(epilog="Example: triage downtime /mnt/desk/downtime.html")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def downtime(ctx: click.Context, file: Path) -> None:
    """Write the downtime pack now: telephone list, scoring card of the live rules, call sheet.

    One file that any browser opens and prints without this service. With TRIAGE_DOWNTIME_FOLDER
    set, the watcher writes it there every 15 minutes.
    """
    text, _ = downtime_paper.render(ctx.obj.context())
    downtime_paper.write(text, file)
    click.echo(f"{file}: {len(text.encode()):,} bytes")


COMMANDS = (watch, doctor, downtime)
