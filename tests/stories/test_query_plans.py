"""No page and no step of a desk's day reads history: told by the plans of both databases for every
statement that they send, in a world where something of everything has happened."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from tests.browser.furnished import ROLES, USUAL, Furnished, furnish
from tests.query_plans import Heard, Statement, heard, reads, that_grow
from tests.stories.test_api import WHOLE, Program
from tests.stories.test_intake import FORM, assess, form_key, send
from tests.stories.test_page_links import open_in
from tests.stories.test_transfers import line_call, step
from tests.world import Browser, World
from triage.domain.codes import DISPOSITIONS
from triage.entrypoints.watcher import Watcher
from triage.entrypoints.web.access import roles_of
from triage.entrypoints.worker import settle_unknown
from triage.services import duty, figures, habits, retention, switches
from triage.storage.teams import Responder
from triage.storage.timers import ClockShift

STRANGER = "*"
LEFT_OUT = {
    "static": "a file",
    "api.read_call": "asked by a program, in `of_programs`",
    "events.board_events": "a stream without end, which shows what board.rows does",
    "events.map_events": "a stream without end, which shows what board_map.drawn does",
    "page_link.call": "opened with a link, in `behind_a_link`",
    "page_link.live": "opened with a link, in `behind_a_link`",
    "training.calls": "there in training alone",
    "training.caller": "there in training alone",
    "training.compared": "there in training alone",
}
"""What answers a GET and is not walked as a page, and why."""
WINDOWS = {
    "ix_alarm_taken_at": "alarms that were taken of late",
    "ix_attempt_ended_at": "handings over of ten minutes, and the latest of a day",
    "ix_call_closed": "past calls of one day, a page of them; those of a day that is counted",
    "ix_call_closed_zone": "past calls of one day in one zone, a page of them",
    "ix_follow_up_not_reached": "who was not reached in two weeks",
    "ix_inbound_message_created_at": "texts of strangers in an hour",
    "ix_inbound_message_from": "texts from one telephone in a day at most",
    "ix_message_to": "texts to one telephone in the last weeks",
    "ix_page_responder": "what one member was asked in 30 days",
    "ix_shift_responder": "shifts of one member that are not over",
    "ix_shift_time": "shifts that are not over",
    "ix_transfer_created_at": "transfers of one day",
    "pk_daily_figure": "figures of a year at most, which many calls make no more",
    "sqlite_autoindex_daily_figure_1": "the same",
}
"""Indexes that are read from some time on: what that costs goes with the time, not with history."""


def a_day(world: World, furnished: Furnished, log: Heard) -> None:
    """What a desk, a team, a program, a worker and the watcher do all day."""
    desk, call = world.client("dispatcher"), furnished.paths["call.show"][0]
    for doing in (of_intake, of_past_calls, of_follow_ups, of_transfers, of_duty, of_programs):
        log.asked_by = doing.__name__
        doing(world, desk)
        world.settle()
    log.asked_by = "a link"
    behind_a_link(world, furnished)
    log.asked_by = "a page that is not there any more"
    assert desk.get(f"{call}x").status_code == 404
    log.asked_by = "the nights"
    of_the_nights(world)
    for hours in (1, 24, 24 * 8):
        log.asked_by = f"the worker, {hours} h later"
        with world.context.unit_of_work("test") as uow:
            uow.set_timer("a_newer_step", uow.add(ClockShift(ahead_s=0)), uow.now)
        world.wait(hours=hours)
        settle_unknown(world.context)
        habits.count(world.context.reading, world.centre, lambda: True)
        log.asked_by = f"the watcher, {hours} h later"
        Watcher(world.context).round()


def of_intake(world: World, desk: Browser) -> None:
    """Two who ring about one incident, one who rang before, and a call that ends at the desk."""
    for words in (
        {},
        {"caller_phone": "202-555-0142"},
        {"location": "Somewhere", "zone": "Harbor"},
    ):
        key = form_key(desk)
        assert assess(desk, FORM | words, key).status_code == 200
        assert desk.submit("/intake", FORM | words, to="/intake/known").status_code == 200
        taken = send(desk, FORM | words, key=key).location
    other = FORM | {"caller_phone": "202-555-0177", "narrative": "He has a knife now."}
    attached = f"attach:{taken.removeprefix('/calls/')}"
    assert send(desk, other, attached).location == taken
    assert send(desk, FORM, "lost").status_code == 303
    assert send(desk, FORM | {"disposition": "wrong_number"}, "close").status_code == 303
    answers = {"facts.weapon": "in_hand", "action": "save"}
    assert desk.submit(taken, answers, to=f"{taken}/answers").status_code == 303
    desk.submit(taken, {"disposition": "duplicate", "note": "Twice"}, to=f"{taken}/close")


def of_past_calls(world: World, desk: Browser) -> None:
    """Each field by itself, two together, and the page after the first."""
    searches = [
        {"named": "4711"},
        {"named": "26-004711"},
        {"named": "ABCD"},
        {"place": "Pier 3"},
        {"phone": "202-555-0142"},
        {"zone": "Harbor"},
        {"zone": "none"},
        {"disposition": next(iter(DISPOSITIONS))},
        {"day": "2026-11-27"},
        {"zone": "Harbor", "disposition": "duplicate"},
        {"zone": "Harbor", "day": "2026-11-27"},
        {},
    ]
    after = {"after": "2026-11-27T10:00:00+00:00 01939f2e-0000-7000-8000-000000000000"}
    for search in searches:
        for more in ({}, after, {"state": "open"}):
            answer = desk.submit("/past-calls", search | more, follow=True)
            assert answer.status_code == 200


def of_follow_ups(world: World, desk: Browser) -> None:
    shown = re.findall(r'"(/follow-ups/[0-9a-f-]{36})"', desk.get("/follow-ups").text)
    assert shown
    for here in set(shown):
        version = re.search(r'name="version" value="(\d+)"', desk.get(here).text)
        form = {"version": version[1] if version else "0", "outcome": "not_reached", "note": "-"}
        desk.submit(here, form, to=f"{here}/attempts")


def of_transfers(world: World, desk: Browser) -> None:
    call = line_call(world)
    for which in ("offer", "ringing", "counselor", "release"):
        step(desk, call, which)


def of_duty(world: World, desk: Browser) -> None:
    """A team and a zone are switched off, members leave or text STOP."""
    with world.context.unit_of_work("test") as uow:
        for kind, key in switches.subjects(uow, world.centre):
            until = uow.now + timedelta(hours=1)
            switches.suspend(uow, world.centre, (kind, key), until, "Flooded road.")
        for member in uow.session.scalars(select(Responder).where(Responder.id.is_not(None))):
            duty.left(uow, world.centre, member, "shift_ended")
        duty.stopped(uow, world.centre, member, "text")


def of_the_nights(world: World) -> None:
    """What is over is counted: once for all, then what has changed since. What is to be erased is
    looked for."""
    world.context.do("worker", lambda uow: figures.plan(uow, world.centre))
    world.context.do("worker", retention.plan)
    for _ in range(2):
        world.wait(hours=24)
        for _ in range(8):
            world.wait(seconds=2)


def of_programs(world: World, desk: Browser) -> None:
    program = Program(world)
    assert program.post(WHOLE, Idempotency_Key="k" * 20).status_code == 201
    taken = program.post(WHOLE, Idempotency_Key="k" * 20).json["reference"]
    assert program.get(taken).status_code == 200


def behind_a_link(world: World, furnished: Furnished) -> None:
    me = world.client()
    path = open_in(me, furnished.link)
    for part in ("", "/live"):
        assert me.get(path + part).status_code == 200


def every_page(world: World, furnished: Furnished, log: Heard) -> None:
    """As each role that may look."""
    call, quiet = furnished.paths["call.show"]
    paths = {
        **furnished.paths,
        "call.live": (f"{call}/live", f"{quiet}/live"),
        "rules.download": tuple(f"{path}/yaml" for path in furnished.paths["rules.version"]),
        "page_link.look": (furnished.link,),
    }
    people = {role: world.client(role) for role in ROLES} | {STRANGER: world.client()}
    for rule in world.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
            continue
        found = paths.get(rule.endpoint) or (() if rule.arguments else (rule.rule,))
        assert found, f"{rule.rule} is not looked at: say where there is one"
        for role in roles_of(world.app, rule.endpoint):
            for path in found:
                own = path.format(draft=furnished.drafts.get(role, ""))
                log.asked_by = f"GET {own} as {role}"
                assert people[role].get(own).status_code != 500, log.asked_by


def test_nothing_that_people_or_workers_do_all_day_reads_history(
    world: World, tmp_path: Path
) -> None:
    with heard(world.context.database.engine) as log:
        furnished = furnish(world, USUAL, tmp_path)
        every_page(world, furnished, log)
        a_day(world, furnished, log)

    engine, asked = world.context.database.engine, [*log.statements.values()]
    wrong = [
        f"{one.asked_by}: {read.table} {read.grows}\n{one.gist}"
        for one, found in that_grow(engine, asked).items()
        for read in found
    ]
    with engine.connect() as connection:
        windows = {
            read.index for one in asked for read in reads(connection, one) if read.costs_a_time
        }
    assert len(log.statements) > 300, "what was asked is not heard"
    assert wrong == [], "\n".join(wrong)
    assert windows <= set(WINDOWS)


def test_a_statement_is_found_once_its_index_is_gone(world: World) -> None:
    engine = world.context.database.engine
    number = "x'00'" if engine.dialect.name == "sqlite" else "'\\x00'::bytea"
    in_history = Statement("a page", "SELECT id FROM caller WHERE left_for_id IS NULL", ())
    of_one = Statement("a page", f"SELECT id FROM caller WHERE phone_index = {number}", ())
    assert [*that_grow(engine, [in_history, of_one])] == [in_history]
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_caller_phone")
    engine.dispose()  # SQLite explains a statement again as it did before
    assert [*that_grow(engine, [of_one])] == [of_one]


def test_what_would_be_read_at_once_for_a_few_rows_is_found(world: World) -> None:
    """By PostgreSQL: SQLite looks for each row."""
    of_open = "SELECT id FROM dispatch WHERE state NOT IN ('cleared', 'cancelled') AND"
    sought = "FROM slot WHERE slot.dispatch_id = dispatch.id AND slot.state = 'seeking'"
    at_once = Statement("a page", f"{of_open} (response = '-' OR EXISTS (SELECT 1 {sought}))", ())
    send(world.client("dispatcher"), FORM)
    engine = world.context.database.engine
    found = [*that_grow(engine, [at_once])]
    assert found == ([] if engine.dialect.name == "sqlite" else [at_once])
