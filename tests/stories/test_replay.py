"""A file of past calls goes through the service: once, without waking anybody."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from tests.world import World
from triage.domain.csv_rows import FileRefused
from triage.domain.import_maps import ImportMapError
from triage.entrypoints.commands import replay as command
from triage.services import replays
from triage.services.call_record import of_call
from triage.storage.audit import AuditEntry
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.dispatches import Dispatch
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message
from triage.storage.models import Base
from triage.storage.timers import ClockShift, Heartbeat, Timer

FILE = Path(__file__).parent / "data" / "past_calls.csv"
REAL = Path(__file__).parents[3] / "shared" / "data" / "calls" / "alexandria_cad_2025.csv"
HEADER = FILE.read_text().splitlines()[0]


@pytest.fixture
def replay(world: World, tmp_path: Path) -> Callable[..., Result]:
    """`triage replay` on the world's database."""

    def run(file: Path = FILE, *options: str, context: Any = None) -> Result:
        tools = SimpleNamespace(context=lambda: context or world.context)
        errors = ("--errors", str(tmp_path / "refused.csv"))
        given = [str(file), "--map", "alexandria", *errors, *options]
        return CliRunner().invoke(command.replay, given, obj=tools)

    return run


def counted(result: Result) -> dict[str, int]:
    """The summary's counts by what they count."""
    assert result.exit_code == 0, (result.output, result.exception)
    lines = (line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith(" "))
    return {what: int(n.replace(",", "")) for n, what in lines if n.replace(",", "").isdigit()}


def rows(world: World, kind: Any) -> int:
    with world.context.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(kind)) or 0


def calls(world: World) -> list[Call]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Call).order_by(Call.received_at, Call.external_id)))


def a_file(folder: Path, *rows: str) -> Path:
    file = folder / "calls.csv"
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return file


def a_row(number: str, at: str, problem: str = "MENTAL HEALTH CASE") -> str:
    return f"{number},CT1,DI1,{problem},Phone,{at},NULL,-9999,0,NR-No Report"


# --- what is taken and what is not ------------------------------------------------------------


def test_every_trap_of_such_files_is_met_and_counted(
    replay: Callable[..., Result], tmp_path: Path
) -> None:
    result = replay()

    assert counted(result) == {
        "imported": 8,
        "already there": 3,  # two rows repeated, one incident opened again
        "out of scope": 1,
        "left out: duplicate of another call": 1,
        "left out: test call": 2,
        "refused": 6,
        "no problem type": 1,
        "no time": 2,
        "not a call": 1,
        "number used twice": 1,
        "ragged row": 1,
        "without a number": 4,
        "reopened": 2,
        "arrival before the call, passed over": 1,
    }
    assert "21 rows of past_calls.csv" in result.stdout
    refused = (tmp_path / "refused.csv").read_text().splitlines()
    assert [line.split(",")[0:2] for line in refused] == [
        ["line", "reason"],
        ["14", "no problem type"],
        ["15", "no time"],
        ["16", "no time"],
        ["18", "ragged row"],
        ["17", "number used twice"],
        ["19", "not a call"],
    ]
    assert "line 19: not a call: the call was received in the future" in result.stderr


def test_calls_are_stored_as_replayed_and_assessed_as_they_were(
    world: World, replay: Callable[..., Result]
) -> None:
    replay()

    first, text, second_text, disorder, overdose, blank, spring, autumn = calls(world)
    stored = calls(world)
    assert {call.state.value for call in stored} == {"replayed"}
    assert {call.origin for call in stored} == {"replay"}
    assert first.external_id == "24-000001"
    assert first.received_at == datetime(2024, 3, 5, 13, tzinfo=UTC)
    assert [call.external_id for call in (text, second_text, blank)] == [None, None, None]
    assert disorder.external_id == "24-000006"
    assert spring.received_at == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)
    assert autumn.received_at == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    with world.context.reading() as uow:
        record = uow.session.scalars(
            select(AssessmentRecord).where(AssessmentRecord.call_id == overdose.id)
        ).one()
        assert json.loads(record.input or "") == {
            "facts": {"problem_type": "overdose", "overdose_or_poison": "yes"},
            "narrative": "",
            "situation": {"contact_channel": "voice", "now": "2024-03-05T08:10:00-05:00"},
        }
        assert record.response == "ems"
        assert record.outcome == "decided"


def test_nobody_is_paged_and_nothing_falls_due(world: World, replay: Callable[..., Result]) -> None:
    phones = [*world.team("MCT 1"), *world.pair("CIT 1"), world.partner("Line", "crisis_line")]
    replay()

    assert rows(world, Call) == 8
    for kind in (Dispatch, Message, Timer, FollowUp):
        assert rows(world, kind) == 0
    world.wait(days=30)
    for phone in phones:
        phone.expect_silence()


def test_how_it_ended_is_noted_in_codes_and_read_by_no_rule(
    world: World, replay: Callable[..., Result]
) -> None:
    replay()

    with world.context.reading() as uow:
        entries = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.event == "call.replayed")
        ).all()
        by_line = {entry.details["line"]: entry.details for entry in entries}
        assert by_line[13] == {
            "map": "alexandria",
            "line": 13,
            "dispositions": ["CN", "NR"],
            "reopened": True,
            "arrived_after_s": 540,
        }
        assert by_line[12]["arrived_after_s"] is None
        call = uow.get(Call, entries[0].call_id or entries[0].id)
        assert of_call(uow, world.centre, call).timeline


def test_staff_codes_and_null_are_kept_nowhere(world: World, replay: Callable[..., Result]) -> None:
    replay()

    with world.context.reading() as uow:
        for table in Base.metadata.sorted_tables:
            for row in uow.session.execute(select(table)):
                if table.name not in ("rule_set_version", "vocabulary_version"):
                    text = repr(tuple(row))
                    assert not any(word in text for word in ("CT90", "DI90", "NULL"))
                    assert not re.search(r"\b9999\b", text)  # digits of an instant may be these
        for record in uow.session.scalars(select(AssessmentRecord)):
            assert not any(word in (record.input or "") for word in ("CT90", "DI90", "NULL"))


# --- once -------------------------------------------------------------------------------------


def test_a_second_run_takes_nothing_twice(world: World, replay: Callable[..., Result]) -> None:
    first = counted(replay())
    before = {table.name: rows(world, table) for table in Base.metadata.sorted_tables}

    second = counted(replay())

    assert second["imported"] == 0
    assert second["already there"] == first["imported"] + first["already there"]
    assert second["refused"] == first["refused"]
    assert {table.name: rows(world, table) for table in Base.metadata.sorted_tables} == before


def test_an_interrupted_run_is_gone_on_with(
    world: World,
    replay: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    file = a_file(tmp_path, *(a_row(f"24-{n:06}", f"2024-03-05 08:{n:02}:00") for n in range(20)))
    monkeypatch.setattr(command, "BATCH", 5)
    real, batches = replays.record, []

    def interrupted(*args: Any, **more: Any) -> Any:
        if len(batches) == 2:
            real(*args, **more)  # this batch is done, and must be undone
            raise KeyboardInterrupt
        batches.append(1)
        return real(*args, **more)

    monkeypatch.setattr(replays, "record", interrupted)
    result = replay(file)
    assert "Interrupted" in result.stdout
    assert counted(result)["imported"] == rows(world, Call) == 10

    monkeypatch.setattr(replays, "record", real)
    assert counted(replay(file)) == {
        "imported": 10,
        "already there": 10,
        "out of scope": 0,
        "refused": 0,
    }
    assert len({call.external_id for call in calls(world)}) == rows(world, Call) == 20


def test_two_runs_at_once_take_each_call_once(
    world: World, replay: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BATCH", 3)
    file = a_file(tmp_path, *(a_row(f"24-{n:06}", f"2024-03-05 08:{n:02}:00") for n in range(12)))
    mapping = command._read_map("alexandria", world.context)
    with file.open() as text:
        bar, tally = SimpleNamespace(update=lambda _: None), command.Tally(file, "")
        read = list(command._calls(text, mapping, tally, bar))
    outcomes: list[Any] = []
    barrier = threading.Barrier(3)

    def run() -> None:
        barrier.wait()
        for at in range(0, 12, 3):
            batch = read[at : at + 3]
            outcomes.extend(
                world.context.do(
                    "operator",
                    lambda uow, batch=batch: replays.record(uow, world.centre, mapping, batch),
                )
            )

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows(world, Call) == 12
    assert sorted(one.what for one in outcomes) == ["already there"] * 24 + ["imported"] * 12


def test_a_limit_stops_after_so_many_calls_that_concern_us(
    world: World, replay: Callable[..., Result]
) -> None:
    assert counted(replay(FILE, "--limit", "2"))["imported"] == 2
    assert counted(replay(FILE, "--limit", "3"))["imported"] == 0  # the third repeats the second
    assert counted(replay(FILE, "--limit", "4"))["imported"] == 1


def test_the_spacing_can_be_kept(
    world: World,
    replay: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    this, sleep = threading.current_thread(), time.sleep
    monkeypatch.setattr(
        time, "sleep", lambda s: slept.append(s) if threading.current_thread() is this else sleep(s)
    )
    times = ("08:00:00", "08:01:00", "08:00:30", "08:11:00")
    file = a_file(tmp_path, *(a_row(str(n), f"2024-03-05 {at}") for n, at in enumerate(times)))

    assert counted(replay(file, "--speed", "60"))["imported"] == 4

    assert [s for s in slept if s] == [1.0, 10.0]
    assert rows(world, ClockShift) == 0


# --- paged, with time moved -------------------------------------------------------------------


@contextmanager
def a_worker(world: World) -> Iterator[None]:
    """The worker's two steps and its pulse, again and again."""
    stop = threading.Event()

    def beat() -> None:
        with world.context.unit_of_work("worker") as uow:
            row = uow.session.scalar(select(Heartbeat))
            if row is None:
                row = uow.add(Heartbeat(worker="test", at=uow.now))
            row.at = uow.now

    def work() -> None:
        while not stop.wait(0.02):
            world.settle()
            beat()

    beat()
    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_with_page_the_calls_come_in_with_all_that_follows_and_time_moves(
    world: World, replay: Callable[..., Result], tmp_path: Path
) -> None:
    clinician, officer = world.pair("CIT 1", calls_at_once=9)
    for phone in (clinician, officer, world.desk):
        phone.ignores("the pages and alarms of hours in which nobody answers")
    rows_ = [
        a_row("24-1", "2024-03-05 08:00:00", "SUICIDE IN PROG NO INJ"),
        a_row("24-3", "2024-03-05 09:30:00", "SUICIDE IN PROG NO INJ"),
        a_row("24-2", "2024-03-05 08:10:00", "PSYCHIATRIC EMERGENCY VIOLENT"),
    ]
    with world.context.reading() as uow:
        began = uow.now
    with a_worker(world):
        result = replay(a_file(tmp_path, *rows_), "--page")

    assert counted(result)["imported"] == 3
    taken = calls(world)
    assert [call.external_id for call in taken] == ["24-1", "24-2", "24-3"]
    assert {call.state.value for call in taken} <= {"open", "asking"}
    gaps = [(b.received_at - a.received_at).total_seconds() for a, b in pairwise(taken)]
    assert gaps[0] == pytest.approx(600, abs=30)
    assert gaps[1] == pytest.approx(4800, abs=30)
    assert taken[0].received_at - began < timedelta(seconds=30)
    assert clinician.inbox + officer.inbox
    with world.context.reading() as uow:
        pages = uow.session.scalars(select(Message).where(Message.kind == "page")).all()
        assert pages
        assert {page.state.value for page in pages} <= {"sent", "delivered"}
        # a team that became free while nobody waits for one leaves no trace
        fired = select(Timer).where(Timer.state == "done", Timer.kind != "team_free")
        timers = uow.session.scalars(fired).all()
        assert timers  # they fired at their own time, not all at the next call's
        for timer in timers:
            late = uow.session.scalars(
                select(AuditEntry.created_at)
                .where(AuditEntry.created_at >= timer.due_at)
                .order_by(AuditEntry.created_at)
            ).first()
            assert late is None or late - timer.due_at < timedelta(seconds=60)

    with a_worker(world):
        assert counted(replay(tmp_path / "calls.csv", "--page"))["imported"] == 0


def test_page_is_refused_outside_the_demo_and_without_a_worker(
    world: World, replay: Callable[..., Result]
) -> None:
    assert "needs a running worker" in replay(FILE, "--page").output
    for settings in (
        replace(world.context.settings, demo=False),
        replace(world.context.settings, sms="twilio"),
    ):
        result = replay(FILE, "--page", context=replace(world.context, settings=settings))
        assert result.exit_code == 2
        assert "only in the demo" in result.output
    assert rows(world, Call) == rows(world, ClockShift) == 0


# --- files that are none ----------------------------------------------------------------------


OTHER_FILES = {
    "empty": (b"", "the file is empty"),
    "no header": (b"24-1,CT1,DI1\n24-2,CT1,DI1\n", "columns are missing"),
    "semicolons": (HEADER.replace(",", ";").encode(), "separated by ';'"),
    "UTF-16": (HEADER.encode("utf-16"), "UTF-16"),
    "Excel": (b"PK\x03\x04" + b"\0" * 50, "zip or Excel"),
    "PDF": (b"%PDF-1.7", "a PDF"),
    "NUL": (b"\0\0\0\n", "not text"),
    "program": (b"\x7fELF\x02\0\0\0\0", "not text"),
    "markup": (b"<html><body>", "columns are missing"),
}


@pytest.mark.parametrize("what", OTHER_FILES)
def test_a_file_that_is_none_is_refused_by_name(
    world: World, replay: Callable[..., Result], tmp_path: Path, what: str
) -> None:
    content, said = OTHER_FILES[what]
    (tmp_path / "odd.csv").write_bytes(content)

    result = replay(tmp_path / "odd.csv")

    assert isinstance(result.exception, FileRefused)
    assert said in str(result.exception)
    assert rows(world, Call) == 0


def test_odd_bytes_spoil_their_own_row_only(replay: Callable[..., Result], tmp_path: Path) -> None:
    good = a_row("24-1", "2024-03-05 08:00:00").encode()
    lines = (
        b"\xef\xbb\xbf" + HEADER.encode(),
        good,
        a_row("24-2", "2024-03-05 08:00:00").encode().replace(b"CT1", b"caf\xe9"),
        a_row("24-3", "2024-03-05 08:00:00").encode().replace(b"CT1", b"a\0b"),
        a_row("24-4", "2024-03-05 08:00:00").encode().replace(b"CT1", b"x" * 3_000_000),
        a_row("24-5", "2024-03-05 08:00:00").encode().replace(b"CT1", b"x" * 200_000),
        a_row("=1+1", "2024-03-05 08:00:00").encode(),
    )
    (tmp_path / "odd.csv").write_bytes(b"\r\n".join(lines))

    counts = counted(replay(tmp_path / "odd.csv"))

    assert counts["imported"] == 2
    assert {what: counts[what] for what in ("wrong encoding", "NUL character", "not CSV")} == {
        "wrong encoding": 1,
        "NUL character": 1,
        "not CSV": 1,
    }
    assert counts["line too long"] == 1


def test_carriage_returns_alone_end_lines_too(
    replay: Callable[..., Result], tmp_path: Path
) -> None:
    text = "\r".join((HEADER, a_row("24-1", "2024-03-05 08:00:00"), ""))
    (tmp_path / "old.csv").write_bytes(text.encode())

    assert counted(replay(tmp_path / "old.csv"))["imported"] == 1


def test_a_map_that_is_none_is_refused_by_name(world: World, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = ")
    for name in ("nowhere", "../../../etc/passwd", str(tmp_path / "bad.toml"), str(tmp_path)):
        tools = SimpleNamespace(context=lambda: world.context)
        result = CliRunner().invoke(command.replay, [str(FILE), "--map", name], obj=tools)
        assert isinstance(result.exception, ImportMapError), result.output
    assert rows(world, Call) == 0


# --- the real one -----------------------------------------------------------------------------


def test_the_real_file_replays(world: World, replay: Callable[..., Result], tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"the real calls are not here: {REAL}")
    with REAL.open(encoding="utf-8", newline="") as file:
        sample = "".join(line for line, _ in zip(file, range(2_001), strict=False))
    (tmp_path / "sample.csv").write_text(sample, encoding="utf-8", newline="")

    counts = counted(replay(tmp_path / "sample.csv"))

    assert counts["imported"] > 200
    assert counts["out of scope"] > 1_500
    assert counts["refused"] == 0
    whole = ("imported", "already there", "out of scope", "refused")
    left_out = sum(n for what, n in counts.items() if what.startswith("left out"))
    assert sum(counts[what] for what in whole) + left_out == 2_000
    with world.context.reading() as uow:
        outcomes = set(uow.session.scalars(select(AssessmentRecord.outcome)))
    assert outcomes <= {"decided", "ask_more"}
