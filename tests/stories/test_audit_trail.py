"""The audit trail: nothing happens without its line, and no line is changed unseen."""

from __future__ import annotations

import contextlib
import fcntl
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, select, text, update

from tests.faults.workers import until
from tests.stories.test_intake import FORM, count, form_key, send
from tests.typical_calls import CALM, UNARMED
from tests.world import World
from triage.adapters.anchor_folder import AnchorFolder
from triage.entrypoints.commands.audit import audit
from triage.entrypoints.watcher import Watcher
from triage.services import audit_trail, watch
from triage.storage.audit import AuditChain, AuditEntry
from triage.storage.audit_chains import seal
from triage.storage.calls import Call
from triage.storage.deployment import Deployment
from triage.storage.dispatches import Dispatch
from triage.storage.messages import Message


class _Tools:
    def __init__(self, world: World) -> None:
        self._world = world

    def context(self) -> object:
        return self._world.context


def command(world: World, name: str) -> Result:
    return CliRunner().invoke(audit, [name], obj=_Tools(world))


def past(world: World, *statements: str) -> None:
    """As the owner of the database, past the service."""
    world.broken = True
    with world.context.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def lived(world: World) -> None:
    """An hour of ordinary work."""
    (phone,) = world.team("MCT 1")
    call = world.call(UNARMED)
    phone.text(f"{phone.code} 12")
    phone.text(f"{call.code} HERE")
    world.call(CALM)
    world.wait(minutes=5)
    phone.text(f"{call.code} CLEAR")
    world.ignores_texts("only the lines count")


def outside(world: World, folder: Path) -> AnchorFolder:
    """A folder that the owner of the database cannot reach."""
    folder.mkdir()
    anchors = AnchorFolder(folder, seal)
    world.context = replace(world.context, anchors=anchors)
    return anchors


@dataclass
class Clock:
    """The watcher's steady clock, moved forward instead of waited for."""

    watcher: Watcher
    now_s: float = 0.0

    @classmethod
    def of(cls, world: World) -> Clock:
        watcher = Watcher(world.context)
        watcher.anchors.steady = lambda: clock.now_s
        clock = cls(watcher)
        return clock

    def a_minute_later(self, world: World) -> set[str]:
        """What the watcher finds about the trail within it."""
        self.watcher.anchors.once()
        return self.rounds(world, minutes=1)

    def rounds(self, world: World, minutes: int) -> set[str]:
        """What the watcher says after some time."""
        self.now_s += 60 * minutes
        self.watcher.round()
        with world.context.reading() as uow:
            found = watch.newest(uow)
            return {row["code"] for row in found.findings if found} & {"audit_trail", "anchors"}


def places(world: World) -> list[tuple[str, int | None]]:
    with world.context.reading() as uow:
        kept = world.context.anchors
        verdict = audit_trail.verify(uow, kept.all() if kept else ())
        return [(one.what, one.seq) for one in verdict.breaks]


def test_all_that_an_hour_of_work_writes_down_is_in_order(world: World) -> None:
    lived(world)
    told = command(world, "verify")
    assert told.exit_code == 0, told.output
    assert "all of it is as it was written" in told.output
    assert "compared with nothing outside" in told.output
    with world.context.reading() as uow:
        verdict = audit_trail.verify(uow, ())
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


def in_the_middle(world: World) -> tuple[int, int]:
    with world.context.reading() as uow:
        chain, seq = max(
            ((number, head.seq) for number, head in audit_trail.ends(uow).items()),
            key=lambda found: found[1],
        )
    assert seq > 6
    return chain, seq // 2


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
    with world.context.reading() as uow:
        head = audit_trail.ends(uow)[chain]
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
    world.call(CALM)
    world.ignores_texts("only the lines count")
    columns = "created_at, actor, event, subject_table, subject_id, call_id, details"
    past(
        world,
        f"INSERT INTO audit_entry (id, {columns}) SELECT '{FAR}', {columns} FROM audit_entry"
        " WHERE created_at = (SELECT max(created_at) FROM audit_entry) LIMIT 1",
    )
    assert places(world) == [("unchained", None)]


FAR = "ffffffff-ffff-7fff-bfff-ffffffffffff".replace("-", "")


def test_an_end_that_was_cut_off_is_found_within_a_minute(world: World, tmp_path: Path) -> None:
    outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == set()
    chain, _ = in_the_middle(world)
    with world.context.reading() as uow:
        head = audit_trail.ends(uow)[chain]
    kept = f"chain = {chain} AND seq = {head.seq - 2}"
    past(
        world,
        f"DELETE FROM audit_entry WHERE chain = {chain} AND seq > {head.seq - 2}",
        f"UPDATE audit_chain SET seq = {head.seq - 2},"
        f" seal = (SELECT seal FROM audit_entry WHERE {kept}),"
        f" entry_id = (SELECT id FROM audit_entry WHERE {kept}) WHERE chain = {chain}",
    )

    assert clock.a_minute_later(world) == {"audit_trail"}
    assert places(world) == [("elsewhere", head.seq - 1)]
    assert Clock.of(world).a_minute_later(world) == {"audit_trail"}  # a watcher that begins now
    page = world.client("dispatcher").get("/board").get_data(as_text=True)
    assert "Lines of the audit trail are gone" in page


def test_an_older_database_in_its_place_is_found_until_somebody_says_why(
    world: World, tmp_path: Path
) -> None:
    outside(world, tmp_path / "outside")
    lived(world)
    with world.context.reading() as uow:
        yesterday = audit_trail.ends(uow)
        keys = {*uow.session.scalars(select(AuditEntry.id))}
    clock = Clock.of(world)
    for _ in range(3):  # what is lost was written down outside, too
        assert clock.a_minute_later(world) == set()
        world.call(CALM)
        world.ignores_texts("only the lines count")
    assert clock.a_minute_later(world) == set()

    with world.context.database.engine.begin() as connection:  # as a copy of yesterday has it
        connection.execute(delete(AuditEntry).where(AuditEntry.id.not_in(keys)))
        connection.execute(update(AuditChain).values(seq=0, seal=b"", entry_id=None))
        for number, head in yesterday.items():
            of = update(AuditChain).where(AuditChain.chain == number)
            connection.execute(of.values(seq=head.seq, seal=head.seal, entry_id=head.line))
    assert clock.a_minute_later(world) == {"audit_trail"}
    for _ in range(4):  # work goes on, to beyond what was lost
        world.call(CALM)
    world.ignores_texts("only the lines count")
    assert clock.a_minute_later(world) == {"audit_trail"}
    assert command(world, "verify").exit_code == 1

    assert command(world, "restored").exit_code == 0
    assert clock.a_minute_later(world) == set()
    assert places(world) == []
    assert world.audited("audit.restored") == 1
    chain, seq = in_the_middle(world)
    past(world, f"UPDATE audit_entry SET actor = 'x' WHERE chain = {chain} AND seq = {seq}")
    assert seq in {place for _, place in places(world)}


def test_what_is_kept_outside_shows_who_laid_hands_on_it(world: World, tmp_path: Path) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    for _ in range(3):
        assert clock.a_minute_later(world) == set()
        world.call(CALM)
        world.ignores_texts("only the lines count")
    (file,) = anchors.folder.glob("*.txt")
    lines = file.read_text("utf-8").splitlines(keepends=True)
    assert len(lines) == 3

    file.write_text("".join([lines[0], lines[2]]), "utf-8")
    told = command(world, "verify")
    assert told.exit_code == 1
    assert "line 2: the line before it is gone" in told.output
    file.write_text("".join([*lines[:2], lines[2].replace('"kept":null', '"kept":{}')]))
    assert "line 3 was altered" in command(world, "verify").output
    assert clock.a_minute_later(world) == {"audit_trail"}


def test_a_line_that_a_full_disk_broke_off_is_passed_over(world: World, tmp_path: Path) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    for broken_off_by in (1, 30, 100, 200):  # the end of the line, its seal, its text
        assert clock.a_minute_later(world) == set()
        (file,) = anchors.folder.glob("*.txt")
        with file.open("ab+") as open_file:
            open_file.truncate(file.stat().st_size - broken_off_by)
        assert command(world, "verify").exit_code == 0
    assert clock.a_minute_later(world) == set()
    assert Clock.of(world).a_minute_later(world) == set()
    told = command(world, "verify")
    assert told.exit_code == 0, told.output
    # The first lost no more than the end of its line.
    assert "anchors compared: 3," in told.output


def test_a_clock_set_back_over_the_end_of_a_month_breaks_no_anchors(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    with world.context.reading() as uow:
        now, heads = uow.now, audit_trail.ends(uow)
    for day in (0, 40, 35, 0, 41, 80):
        anchors.write(now + timedelta(days=day), heads)
    told = command(world, "verify")
    assert told.exit_code == 0, told.output
    assert "anchors compared: 6," in told.output


def test_many_who_write_anchors_at_the_end_of_a_month_write_one_behind_the_other(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    with world.context.reading() as uow:
        now, heads = uow.now, audit_trail.ends(uow)

    def write(number: int) -> None:
        for turn in range(10):
            anchors.write(now + timedelta(days=5 * turn + number), heads)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "anchors compared: 60," in command(world, "verify").output


def test_a_folder_that_cannot_be_written_to_is_told_and_stops_nothing(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    anchors.folder.rmdir()
    assert Clock.of(world).a_minute_later(world) == {"anchors"}


def test_a_folder_that_hangs_keeps_nobody_from_looking_at_paging(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == set()
    with (anchors.folder / "anchors.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as whoever waits for a share that does not answer
        clock.watcher.anchors.start()
        assert clock.rounds(world, minutes=1) == set()
        assert clock.rounds(world, minutes=1) == {"anchors"}
    until(lambda: clock.rounds(world, minutes=0) == set())
    clock.watcher.stopping.set()


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
    with world.context.reading() as uow:
        used = len(audit_trail.ends(uow))
    assert used > 1 if world.context.database.engine.dialect.name == "postgresql" else used == 1
