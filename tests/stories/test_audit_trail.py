"""The audit trail: nothing happens without its line, and no line is changed unseen."""

from __future__ import annotations

import contextlib
import threading

import pytest
from sqlalchemy import select

from tests.stories.test_intake import FORM, count, form_key, send
from tests.trail import (
    Clock,
    command,
    doctor,
    in_the_middle,
    lived,
    now_and_ends,
    one_more_call,
    past,
    places,
)
from tests.world import World
from triage.services import audit_trail
from triage.storage.calls import Call
from triage.storage.deployment import Deployment
from triage.storage.dispatches import Dispatch
from triage.storage.messages import Message

FAR = "ffffffff-ffff-7fff-bfff-ffffffffffff".replace("-", "")


def test_all_that_an_hour_of_work_writes_down_is_in_order(world: World) -> None:
    lived(world)
    told = command(world, "verify")
    assert told.exit_code == 0, told.output
    assert "all of it is as it was written" in told.output
    assert "compared with nothing outside" in told.output
    with world.context.reading() as uow:
        verdict = audit_trail.verify(uow, None)
    assert verdict.lines > 20
    assert verdict.unchained == 0


# What somebody with the database in their hands may do, past the service. `{of}` is a line in the
# middle of a chain, `{next}` the one behind it, both as conditions.
HANDS = {
    "altered": ["UPDATE audit_entry SET actor = 'account:somebody else' WHERE {of}"],
    "another call": ["UPDATE audit_entry SET call_id = NULL WHERE {of}"],
    "another time": ["UPDATE audit_entry SET created_at = '2026-01-01 00:00:00+00' WHERE {of}"],
    "other details": ["UPDATE audit_entry SET details = '{{}}' WHERE {of}"],
    "removed": ["DELETE FROM audit_entry WHERE {of}"],
    "swapped": [
        "UPDATE audit_entry SET seq = -1 WHERE {of}",
        "UPDATE audit_entry SET seq = seq - 1 WHERE {next}",
        "UPDATE audit_entry SET seq = {seq} + 1 WHERE chain = {chain} AND seq = -1",
    ],
    "out of its chain": ["UPDATE audit_entry SET chain = NULL, seq = NULL WHERE {of}"],
}


@pytest.mark.parametrize("hand", HANDS)
def test_the_first_place_that_somebody_changed_is_named(world: World, hand: str) -> None:
    lived(world)
    chain, seq = in_the_middle(world)
    assert places(world) == []
    values = {
        "of": f"chain = {chain} AND seq = {seq}",
        "next": f"chain = {chain} AND seq = {seq + 1}",
        "seq": seq,
        "chain": chain,
    }
    past(world, *(statement.format(**values) for statement in HANDS[hand]))

    assert seq in {place for _, place in places(world)}
    told = command(world, "verify")
    assert told.exit_code == 1
    assert f"WRONG: chain {chain}, line {seq}" in told.output
    assert "all of it is as it was written" not in told.output


def test_a_line_that_somebody_adds_is_named(world: World) -> None:
    lived(world)
    chain, _ = in_the_middle(world)
    head = now_and_ends(world)[1][chain]
    columns = "created_at, actor, event, subject_table, subject_id, call_id, details, chain"
    past(
        world,
        f"INSERT INTO audit_entry (id, seq, seal, {columns})"
        f" SELECT '{FAR}', {head.seq + 1}, seal, {columns} FROM audit_entry"
        f" WHERE chain = {chain} AND seq = {head.seq}",
        f"UPDATE audit_chain SET seq = {head.seq + 1} WHERE chain = {chain}",
    )
    assert places(world)[0] == ("altered", head.seq + 1)


@pytest.mark.parametrize("chain", ["chain", "99"])
def test_a_line_far_behind_the_end_or_of_no_such_chain_is_named(world: World, chain: str) -> None:
    lived(world)
    of, _ = in_the_middle(world)
    columns = "created_at, actor, event, subject_table, subject_id, call_id, details"
    past(
        world,
        f"INSERT INTO audit_entry (id, chain, seq, seal, {columns})"
        f" SELECT '{FAR}', {chain}, 5000, seal, {columns} FROM audit_entry"
        f" WHERE chain = {of} AND seq = 2",
    )
    assert places(world) == [("beyond", 5000)]
    assert "stands behind the end of its chain" in command(world, "verify").output


def test_a_line_of_no_chain_is_named_an_hour_after_the_first(world: World) -> None:
    lived(world)
    world.wait(minutes=90)
    one_more_call(world)
    columns = "created_at, actor, event, subject_table, subject_id, call_id, details"
    past(
        world,
        f"INSERT INTO audit_entry (id, {columns}) SELECT '{FAR}', {columns} FROM audit_entry"
        " WHERE created_at = (SELECT max(created_at) FROM audit_entry) LIMIT 1",
    )
    assert places(world) == [("unchained", None)]


REFUSES = {
    "sqlite": [
        (
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_entry WHEN NEW.event = '{event}'"
            " BEGIN SELECT RAISE(ABORT, 'no room for lines'); END"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'no room for lines'; END$$"
        ),
        (
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_entry FOR EACH ROW"
            " WHEN (NEW.event = '{event}') EXECUTE FUNCTION refuse()"
        ),
    ],
}


@pytest.mark.parametrize("event", ["call.opened", "page.opened"])
def test_what_cannot_be_written_down_is_not_done(world: World, event: str) -> None:
    world.team("Mobile 9")
    kind = world.context.database.engine.dialect.name
    past(world, *(statement.format(event=event) for statement in REFUSES[kind]))
    dispatcher = world.client("dispatcher")
    key = form_key(dispatcher)

    answer = send(dispatcher, FORM, key=key)

    assert answer.status_code >= 400
    assert FORM["narrative"] in answer.get_data(as_text=True)  # nothing typed is lost
    assert (count(world, Call), count(world, Dispatch), count(world, Message)) == (0, 0, 0)
    past(world, "DROP TRIGGER refuse" + (" ON audit_entry" if kind == "postgresql" else ""))
    assert send(dispatcher, FORM, key=key).status_code == 303
    assert (count(world, Call), count(world, Dispatch)) == (1, 1)
    assert places(world) == []
    world.ignores_texts("only what is saved counts")


def test_without_chains_nothing_is_saved_and_a_person_is_told_why(world: World) -> None:
    dispatcher = world.client("dispatcher")
    key = form_key(dispatcher)
    past(world, "DELETE FROM audit_chain")
    page = send(dispatcher, FORM, key=key).get_data(as_text=True)
    assert "The audit trail takes no lines, so nothing is saved." in page
    assert FORM["narrative"] in page
    assert count(world, Call) == 0
    assert Clock.of(world).a_minute_later(world) == {"audit_trail"}


def test_those_who_write_at_once_break_no_chain(world: World) -> None:
    """With units of work that are undone, in part or whole, between them."""
    with world.context.unit_of_work("test") as uow:
        deployment = uow.session.scalars(select(Deployment)).one().id

    def write(number: int) -> None:
        for turn in range(20):
            with contextlib.suppress(ZeroDivisionError), world.context.unit_of_work("t") as uow:
                about = uow.get(Deployment, deployment)
                uow.audit("test.first", about)
                if turn % 3 == 0:
                    uow.session.flush()
                with contextlib.suppress(ZeroDivisionError), uow.session.begin_nested():
                    uow.audit("test.second", about)
                    if turn % 2:
                        raise ZeroDivisionError
                uow.audit("test.third", about)
                if turn % 5 == 0:
                    raise ZeroDivisionError

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.audited("test.third") == 6 * 16
    assert places(world) == []
    used = len(now_and_ends(world)[1])
    assert used > 1 if world.context.database.engine.dialect.name == "postgresql" else used == 1


def test_doctor_says_when_the_trail_was_last_read_and_with_what_result(world: World) -> None:
    assert "audit trail: NEVER READ as a whole" in doctor(world)
    lived(world)
    assert command(world, "verify").exit_code == 0
    told = doctor(world)
    here = now_and_ends(world)[0].astimezone(world.centre.policy.time_zone)
    assert f"audit trail: read as a whole {here:%F %H:%M}"[:-1] in told
    assert f"{here:%Z}, " in told
    assert "UTC" not in told
    assert "lines, all as they were written" in told
    world.wait(days=8)
    assert "8 DAYS AGO; run triage audit verify" in doctor(world)

    chain, seq = in_the_middle(world)
    past(world, f"UPDATE audit_entry SET actor = 'x' WHERE chain = {chain} AND seq = {seq}")
    assert command(world, "verify").exit_code == 1
    assert "WRONG PLACES: 1; triage audit verify names them" in doctor(world)


def test_whoever_says_that_a_copy_was_restored_where_no_folder_is_named_reads_what_to_do(
    world: World,
) -> None:
    lived(world)
    for what in ("restored", "anchors-anew"):
        told = command(world, what, "--by", "Jo Marsh", "--why", "Disk failed")
        assert told.exit_code == 1
        assert "TRIAGE_AUDIT_ANCHORS is not set here, so nothing was noted." in told.output
        assert "Start `triage watch` anew" in told.output
    assert world.audited("audit.restored") == 0


def test_a_trail_is_read_though_its_database_takes_nothing(world: World) -> None:
    lived(world)
    past(world, "DELETE FROM audit_chain")
    assert "not noted, because this database takes nothing" in command(world, "verify").output
