"""How far the audit trail has come, written down outside: what the watcher makes of it."""

from __future__ import annotations

import fcntl
import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select, update

from tests.faults.workers import until
from tests.trail import (
    Clock,
    command,
    in_the_middle,
    lived,
    now_and_ends,
    one_more_call,
    outside,
    past,
    places,
)
from tests.world import World
from triage.entrypoints.watcher import Watcher
from triage.services import watch
from triage.storage.audit import AuditChain, AuditEntry


def test_an_end_that_was_cut_off_is_found_within_a_minute(world: World, tmp_path: Path) -> None:
    outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == set()
    chain, _ = in_the_middle(world)
    head = now_and_ends(world)[1][chain]
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
    _, yesterday = now_and_ends(world)
    with world.context.reading() as uow:
        keys = {*uow.session.scalars(select(AuditEntry.id))}
    clock = Clock.of(world)
    clock.minutes_of_work(world, 3)  # what is lost was written down outside, too
    assert clock.a_minute_later(world) == set()

    with world.context.database.engine.begin() as connection:  # as a copy of yesterday has it
        connection.execute(delete(AuditEntry).where(AuditEntry.id.not_in(keys)))
        connection.execute(update(AuditChain).values(seq=0, seal=b"", entry_id=None))
        for number, head in yesterday.items():
            of = update(AuditChain).where(AuditChain.chain == number)
            connection.execute(of.values(seq=head.seq, seal=head.seal, entry_id=head.line))
    assert clock.a_minute_later(world) == {"audit_trail"}
    for _ in range(4):  # work goes on, to beyond what was lost
        one_more_call(world)
    assert clock.a_minute_later(world) == {"audit_trail"}
    assert command(world, "verify").exit_code == 1

    for typed, told in (
        ((), "say who says so, by name: --by NAME"),
        (("--by", "Jo Marsh", "--why", " "), "say why, in a sentence: --why REASON"),
    ):
        refused = command(world, "restored", *typed)
        assert refused.exit_code == 2
        assert told in refused.output
    assert clock.a_minute_later(world) == {"audit_trail"}
    assert command(world, "restored", "--by", "Jo Marsh", "--why", "Disk failed").exit_code == 0
    assert clock.a_minute_later(world) == set()
    assert places(world) == []
    assert world.audited("audit.restored") == 1
    told = command(world, "verify").output
    assert "DECLARED: an older copy of the database was put in place" in told
    assert f"({now_and_ends(world)[0]:%F}" in told
    assert "says Jo Marsh: Disk failed" in told
    chain, seq = in_the_middle(world)
    past(world, f"UPDATE audit_entry SET actor = 'x' WHERE chain = {chain} AND seq = {seq}")
    assert seq in {place for _, place in places(world)}


def test_what_is_kept_outside_shows_who_laid_hands_on_it(world: World, tmp_path: Path) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    clock.minutes_of_work(world, 3)
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
    now, heads = now_and_ends(world)
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
    now, heads = now_and_ends(world)

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


SAID = ("--by", "Jo Marsh", "--why", "The share was replaced")


def test_a_folder_that_was_emptied_is_told_until_its_files_are_back(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    clock.minutes_of_work(world, 2)  # at the truly first start nothing is told
    (file,) = anchors.folder.glob("*.txt")
    lines = file.read_bytes()
    file.unlink()

    assert clock.a_minute_later(world) == {"anchors_gone"}
    assert Clock.of(world).a_minute_later(world) == {"anchors_gone"}
    assert [*anchors.folder.glob("*.txt")] == []  # it may be a share that is not mounted
    page = world.client("dispatcher").get("/board").get_data(as_text=True)
    assert "outside the database is gone, or older. Go on as usual." in page
    told = command(world, "verify")
    assert told.exit_code == 1
    assert "anchors compared: there are none" in told.output
    assert "is the share mounted, was the folder moved? Put its files back." in told.output

    file.write_bytes(lines)
    assert clock.a_minute_later(world) == set()
    assert command(world, "verify").exit_code == 0


def test_of_two_watchers_with_folders_of_their_own_each_is_heard(
    world: World, tmp_path: Path
) -> None:
    whole = outside(world, tmp_path / "whole")
    lived(world)
    first = Watcher(world.context, "first")
    first.anchors.once()
    emptied = outside(world, tmp_path / "emptied")
    second = Watcher(world.context, "second")
    second.anchors.once()
    # The trail tells of anchors, and nobody knows that they never were here.
    assert told_on_the_board(world, first, second) == {"anchors_gone"}
    assert command(world, "anchors-anew", *SAID).exit_code == 0
    for watcher in (first, second):
        watcher.anchors.once()
    assert told_on_the_board(world, first, second) == set()

    (file,) = emptied.folder.glob("*.txt")
    lines = file.read_bytes()
    file.unlink()
    for watcher in (first, second):
        watcher.anchors.once()
    for order in ((first, second), (second, first)):  # whoever looked last
        assert told_on_the_board(world, *order) == {"anchors_gone"}
    assert len([*whole.folder.glob("*.txt")]) == 1
    page = world.client("dispatcher").get("/board").get_data(as_text=True)
    assert "outside the database is gone, or older. Go on as usual." in page

    file.write_bytes(lines)
    second.anchors.once()
    assert told_on_the_board(world, second, first) == set()
    world.wait(minutes=1)  # a watcher that has ended says nothing for ever
    first.round()
    with world.context.reading() as uow:
        assert "no_watcher" not in watch.standing(uow).codes


def told_on_the_board(world: World, *watchers: Watcher) -> set[str]:
    for watcher in watchers:
        watcher.round()
    with world.context.reading() as uow:
        return {"audit_trail", "anchors", "anchors_gone"} & {*watch.standing(uow).codes}


def test_older_files_in_the_folder_are_told_as_well(world: World, tmp_path: Path) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == set()
    (file,) = anchors.folder.glob("*.txt")
    lines = file.read_bytes()
    for _ in range(3):
        world.wait(minutes=61)
        one_more_call(world)
        assert clock.a_minute_later(world) == set()
    assert world.audited("audit.anchored") == 4

    for newer in anchors.folder.glob("*.txt"):  # a month may have ended meanwhile
        newer.unlink()
    file.write_bytes(lines)
    assert clock.a_minute_later(world) == {"anchors_gone"}
    assert file.read_bytes() == lines


def test_while_the_folder_is_empty_an_end_that_is_cut_off_is_found_all_the_same(
    world: World, tmp_path: Path
) -> None:
    anchors = outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == set()
    for file in anchors.folder.glob("*.txt"):
        file.unlink()
    assert clock.a_minute_later(world) == {"anchors_gone"}
    chain, _ = in_the_middle(world)
    past(world, f"DELETE FROM audit_entry WHERE chain = {chain} AND seq > 3")
    assert "audit_trail" in clock.a_minute_later(world)
    refused = command(world, "anchors-anew", *SAID)
    assert refused.exit_code == 1
    assert "the trail is not whole" in refused.output


def test_a_folder_that_was_moved_without_its_files_begins_anew_when_somebody_says_so(
    world: World, tmp_path: Path
) -> None:
    outside(world, tmp_path / "outside")
    lived(world)
    clock = Clock.of(world)
    clock.minutes_of_work(world, 1)
    assert "nothing is lost" in command(world, "anchors-anew", *SAID).output
    outside(world, tmp_path / "elsewhere")
    clock = Clock.of(world)
    assert clock.a_minute_later(world) == {"anchors_gone"}
    assert command(world, "anchors-anew", "--by", "Jo Marsh").exit_code == 2

    assert command(world, "anchors-anew", *SAID).exit_code == 0
    clock.minutes_of_work(world, 2)
    told = command(world, "verify")
    assert told.exit_code == 0, told.output
    assert "what was written down outside is lost, and was begun anew" in told.output
    assert "says Jo Marsh: The share was replaced" in told.output
