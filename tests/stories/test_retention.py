"""What people said is erased when its time has come, and nothing of what is not over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from tests.browser.furnished import Typed, furnish
from tests.stories.test_page_links import link_of
from tests.typical_calls import CALM
from tests.world import World, environment
from triage.domain.errors import Conflict
from triage.services import follow_ups, retention
from triage.settings import ROOT, read_settings
from triage.storage.calls import Call, IntakeDraft
from triage.storage.erasing import NOT_OF_CALLS, emptied
from triage.storage.messages import InboundMessage, Message
from triage.storage.models import Base
from triage.storage.page_links import PageLink
from triage.storage.people import SignIn
from triage.storage.preservations import Preservation
from triage.storage.sealed import unseal

WORD = "Zanzibar"
DAYS = 90
STAYS = {*NOT_OF_CALLS, "suspension", "rule_draft", "rule_set_version"}
"""Tables in which what a person typed stays: it is about no caller."""


def keeps(world: World, days: int = DAYS) -> None:
    """The center has decided for how long."""
    policy = replace(world.centre.policy, words_days=days)
    world.context = replace(world.context, centre=replace(world.centre, policy=policy))


def erase_all(world: World) -> int:
    """As the worker does, look by look."""
    world.context.do("worker", retention.plan)
    for _ in range(40):
        world.wait(seconds=2)
    return world.audited(retention.EVENT)


def found(world: World, word: str) -> set[str]:
    """The tables in which this word stands anywhere, sealed or not."""
    return {
        table.name for table in Base.metadata.sorted_tables if word in "\n".join(_in(world, table))
    }


def _in(world: World, table: Any) -> Iterator[str]:
    with world.context.reading() as uow:
        for row in uow.session.execute(select(table)).mappings():
            for name, value in row.items():
                if name.endswith("_sealed") and value is not None:
                    place = {"table": table.name, "column": name.removesuffix("_sealed")}
                    yield unseal(value, **place, row=row["id"])
                else:
                    yield str(value)


def looked_up_by(world: World) -> int:
    """Values by which a place or number of a call or text can be looked up."""
    tables = (table for table in Base.metadata.sorted_tables if emptied(table))
    columns = [c for table in tables for c in table.columns if c.name.endswith("_index")]
    with world.context.reading() as uow:
        return sum(
            uow.session.scalar(select(func.count()).where(column.is_not(None), column != b"")) or 0
            for column in columns
        )


def all_is_over(world: World) -> None:
    """Nothing is left to do about any call."""
    ends = (
        ("call", "state = 'closed', disposition = 'duplicate', closed_at = :now"),
        ("dispatch", "state = 'cleared'"),
        ("follow_up", "state = 'done'"),
        ("errand", "ended_at = :now"),
        ("alarm", "taken_at = :now, over_at = :now"),
        ("message", "state = 'delivered', ring_since = NULL"),
        ("inbound_message", "read_at = :now"),
        ("timer", "state = 'done'"),
    )
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Call).values(closed_at=uow.now))
        now = "(SELECT max(closed_at) FROM call)"
        for table, change in ends:
            uow.session.execute(text(f"UPDATE {table} SET {change.replace(':now', now)}"))


def test_no_word_of_a_call_is_found_in_any_table(world: World, tmp_path: Path) -> None:
    world.ignores_texts("another story")
    furnish(world, Typed("", WORD), tmp_path)
    all_is_over(world)
    keeps(world)
    before, figures = found(world, WORD), world.context.reading
    assert {"call", "caller", "call_subject", "call_third_party", "assessment", "visit"} <= before
    assert looked_up_by(world) > 10
    with figures() as uow:
        count = uow.session.scalar(select(func.count()).select_from(Call))

    assert erase_all(world) == 0, "nothing is as old yet"
    world.wait(days=DAYS + 1)
    assert erase_all(world) == count

    assert found(world, WORD) - STAYS == set()
    assert looked_up_by(world) == 0
    with figures() as uow:
        assert uow.session.scalar(select(func.count()).select_from(IntakeDraft)) == 0
        call = uow.session.scalars(select(Call).order_by(Call.received_at)).first()
        assert call is not None
        assert call.disposition == "duplicate"
    desk = world.client("dispatcher")
    gone = desk.get(f"/calls/{call.reference}")
    assert gone.status_code == 404
    assert f"ll that was said on {call.reference} is erased" in gone.text
    assert call.reference in desk.submit("/past-calls", {}, follow=True).text


def test_nothing_is_erased_unless_the_center_says_so(world: World) -> None:
    world.ignores_texts("another story")
    call = world.call(CALM, disposition="resolved_on_phone")
    world.wait(days=4000)
    assert erase_all(world) == 0
    with world.context.reading() as uow:
        assert uow.get(Call, call.id).narrative == "Somebody needs help"


def test_sessions_and_links_that_open_nothing_are_forgotten_a_month_later(world: World) -> None:
    world.ignores_texts("another story")
    (phone,) = world.team("MCT 1")
    world.call(CALM)
    world.settle()
    link = link_of(phone)
    left, open_one = world.client("dispatcher"), world.client("supervisor")
    left.submit("/sign-out", {})
    world.context.do("worker", retention.plan)
    world.wait(hours=1)
    assert keys_kept(world) == (2, 1)
    assert open_one.get("/board").status_code == 200

    world.wait(days=29)
    again = world.client("dispatcher")
    assert keys_kept(world) == (3, 1), "whoever comes with it is told why it opens nothing"
    assert "opens" in again.get(link).text

    world.wait(days=4)
    world.wait(hours=2)
    assert keys_kept(world) == (1, 0)
    assert world.client().get(link).status_code == 404


def keys_kept(world: World) -> tuple[int, int]:
    """Sessions, and links of pages."""
    with world.context.reading() as uow:
        count = select(func.count())
        sessions = uow.session.scalar(count.select_from(SignIn)) or 0
        return sessions, uow.session.scalar(count.select_from(PageLink)) or 0


def test_what_is_not_over_and_what_is_asked_for_waits(world: World) -> None:
    world.ignores_texts("another story")
    open_one = world.call(CALM)
    promised = world.call(CALM, disposition="resolved_on_phone")
    asked_for = world.call(CALM, disposition="test_call")
    done = world.call(CALM, disposition="test_call")
    with world.context.unit_of_work("test") as uow:
        due_at = uow.now + timedelta(days=2 * DAYS)
        call = uow.get(Call, promised.id)
        promise = follow_ups.promise(uow, call, "call_back", due_at, "clinician").id
        retention.preserve(uow, uow.get(Call, asked_for.id), "Subpoena 26-1187")
    with pytest.raises(Conflict):
        world.context.do("x", lambda uow: retention.preserve(uow, uow.get(Call, asked_for.id), "x"))
    keeps(world)
    world.wait(days=DAYS + 1)
    assert erase_all(world) == 1
    assert erased(world) == {done.id}

    with world.context.unit_of_work("test") as uow:
        retention.let_go(uow, uow.get(Call, asked_for.id))
        attempt = follow_ups.Attempt("done", "She is well", None)
        follow_up = follow_ups.of_key(uow, promise)
        follow_ups.record_attempt(uow, world.centre, follow_up, attempt)
    world.wait(hours=2)  # once an hour somebody looks
    assert erase_all(world) == 2
    assert erased(world) == {done.id, asked_for.id}, "the try at the follow-up is of today"
    world.wait(days=DAYS + 1)
    erase_all(world)
    assert erased(world) == {done.id, asked_for.id, promised.id}
    with world.context.reading() as uow:
        assert uow.get(Call, open_one.id).narrative


def test_a_supervisor_keeps_a_closed_call_and_lets_it_go(world: World) -> None:
    world.ignores_texts("another story")
    supervisor, dispatcher = world.client("supervisor"), world.client("dispatcher")
    call = world.call(CALM, disposition="test_call")
    path = f"/calls/{call.reference}"
    assert "Keep what was said on this call" not in dispatcher.get(path).text
    assert dispatcher.submit(path, {"why": "x"}, to=f"{path}/keep").status_code == 403

    nobody = supervisor.submit(path, {"why": " "}, to=f"{path}/keep")
    assert (nobody.status_code, 'id="e-keep.why"' in nobody.text) == (422, True)
    told = supervisor.submit(path, {"why": f"Court <b>{WORD}</b>"}, to=f"{path}/keep", follow=True)
    assert f"Nothing of call {call.code} is erased until you let it go." in told.text
    assert f"Court &lt;b&gt;{WORD}&lt;/b&gt;" in told.text
    assert WORD not in dispatcher.get(path).text
    assert found(world, WORD) == {"preservation"}
    with world.context.reading() as uow:
        kept = uow.session.scalars(select(Preservation)).one()
        assert WORD.encode() not in (kept.why_sealed or b"")
    assert world.audited("call.preserved") == 1
    again = supervisor.submit(path, {"why": "Inquiry"}, to=f"{path}/keep")
    assert (again.status_code, "this call is kept already" in again.text) == (409, True)

    keeps(world)
    world.wait(days=DAYS + 1)
    assert erase_all(world) == 0
    supervisor = world.client("supervisor", "another")
    told = supervisor.submit(path, {}, to=f"{path}/let-go", follow=True)
    assert f"Call {call.code} is erased when its time has come." in told.text
    assert world.audited("call.let_go") == 1
    world.wait(hours=2)
    assert erase_all(world) == 1
    assert found(world, WORD) == set()


def erased(world: World) -> set[Any]:
    with world.context.reading() as uow:
        return {*uow.session.scalars(select(Call.id).where(Call.erased_at.is_not(None)))}


def test_a_text_of_no_call_goes_too(world: World) -> None:
    world.stranger().text(f"Who is this? {WORD}")
    keeps(world)
    world.ignores_texts("another story")
    world.wait(days=DAYS + 1)
    erase_all(world)
    assert found(world, WORD) == {"inbound_message"}, "nobody at the desk has read it yet"
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(InboundMessage).values(read_at=uow.now))
    world.wait(hours=2)
    assert found(world, WORD) == set()
    with world.context.reading() as uow:
        assert {one.body for one in uow.session.scalars(select(Message))} <= {None}


def test_whoever_is_killed_while_erasing_leaves_no_call_by_halves(
    world: World, database_url: str, tmp_path: Path
) -> None:
    for number in range(60):
        world.call({}, narrative=f"{WORD} {number}", caller_name=WORD, disposition="test_call")
    world.wait(days=DAYS + 1)
    environ = (
        os.environ | environment(database_url, tmp_path) | {"TRIAGE_CONFIG": settings(tmp_path)}
    )
    command = [sys.executable, "-m", "triage.entrypoints.cli", "retention", "erase"]
    process = subprocess.Popen(command, env=environ, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not erased(world) and process.poll() is None:
            assert time.monotonic() < deadline, "nothing was erased"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    whole(world)
    subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True)
    assert len(erased(world)) == 60
    whole(world)
    assert found(world, WORD) == set()
    assert world.audited(retention.EVENT) == 60


def whole(world: World) -> None:
    """Of each call everything is left or nothing, and it stands in the trail."""
    with world.context.reading() as uow:
        rows = uow.session.scalars(select(Call)).all()
        for call in rows:
            left = [call.narrative, call.callers[0].name, call.assessments[0].input]
            assert all(left) if call.erased_at is None else not any(left)
        gone = sum(call.erased_at is not None for call in rows)
    assert world.audited(retention.EVENT) == gone


def settings(folder: Path) -> str:
    file, usual = folder / "settings.toml", ROOT / "config" / "settings.toml"
    written = usual.read_text().replace("words_days = 0", f"words_days = {DAYS}")
    file.write_text(written.replace('"demo_gazetteer.csv"', f'"{usual.parent}/demo_gazetteer.csv"'))
    return str(file)


def test_settings_take_no_time_that_is_too_short(tmp_path: Path) -> None:
    file = Path(settings(tmp_path))
    environ = environment("sqlite://", tmp_path) | {"TRIAGE_CONFIG": str(file)}
    assert read_settings(environ).policy.words_days == DAYS
    file.write_text(file.read_text().replace(f"words_days = {DAYS}", "words_days = 7"))
    with pytest.raises(SystemExit, match="words_days: 0 for ever, or at least 90 days"):
        read_settings(environ)
    without = file.read_text().split("[retention]")
    file.write_text(without[0] + "[[neighbours]]" + without[1].split("[[neighbours]]", 1)[1])
    assert read_settings(environ).policy.words_days == 0, "a file of the release before"
