"""Counters, numbers and dates at the ends that others have run into: work goes on across them.
Codes that run out have their stories in test_codes.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Integer, text

from tests.stories.test_escalation import call_in, code_of, state
from tests.world import World
from triage.storage import models

MOST_OF_32_BITS = 2**31 - 1
SECONDS_END = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""The last that 32 bits count from 1970."""
BOUNDED = {
    "version": "changes of one row: a worker's beat, the quickest, lasts 68 years",
    "fence": "handings over of one text",
    "attempts": "tries of one text or step, which is parked after a few",
    "failures": "tries of one text",
    "doubts": "handings over in a row",
    "number": "of one text's attempts, one call's assessments, one place's pages and transfers",
    "seen": "reports alike of one text",
    "step": "of one dispatch",
    "turn": "of one errand",
    "escalated": "steps of one dispatch",
    "rings": "of one alarm",
    "pin_failures": "in a row: it locks",
    "failed_attempts": "in a row: it locks",
    "position": "places of one dispatch",
    "priority": "1 to 9",
    "level_rank": "of a rule set's levels",
    "within_min": "checked with the rule set",
    "answer_within_min": "checked with the rule set",
    "repeat_s": "checked with the policy",
    "call_back_min": "checked with the policy",
    "divert_ranks": "checked with the policy",
    "calls_at_once": "checked in the form",
    "verdict": "chosen from a few",
    "took_ms": "a round of the watcher, which ends itself after 20 s",
    "to_counselor_s": "of one transfer",
    "calls": "of one count of answers, which reads a bounded number of calls; of one day",
    "count": "of one day",
    "chain": "one of 64",
    "id": "one row, always 1",
}
"""Why no column of 32 bits can run out, by its name."""


def test_whoever_adds_a_number_of_32_bits_says_why_it_cannot_run_out() -> None:
    narrow = {
        column.name
        for table in models.Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    }

    assert narrow == set(BOUNDED)


def test_no_row_is_counted_by_the_database(world: World) -> None:
    """Keys are drawn, so that no sequence of it can come to its end."""
    counted = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'",
        "postgresql": "SELECT count(*) FROM pg_sequences",
    }
    engine = world.context.database.engine
    with engine.connect() as connection:
        assert connection.scalar(text(counted[engine.dialect.name])) == 0


def test_the_count_of_all_changes_goes_on_past_32_bits(world: World) -> None:
    world.team("MCT 1")
    count = text(f"UPDATE revision SET number = {MOST_OF_32_BITS}")
    world.context.do("test", lambda uow: uow.session.execute(count))

    (second,) = world.team("MCT 2")
    call_in(world, 2)

    with world.context.reading() as uow:
        assert uow.session.scalar(text("SELECT number FROM revision")) > MOST_OF_32_BITS
    world.ignores_texts("which of both is asked is beside the point")
    assert second.number


def test_a_call_is_lived_through_across_the_end_of_32_bits_of_seconds(world: World) -> None:
    with world.context.reading() as uow:
        before = SECONDS_END - uow.now - timedelta(seconds=40)
    world.wait(seconds=before.total_seconds())
    (alpha,), (bravo,) = world.team("Alpha"), world.team("Bravo")

    dispatch = call_in(world, 1)
    code = code_of(world, dispatch)
    world.wait(seconds=90)
    with world.context.reading() as uow:
        assert uow.now > SECONDS_END
    asked = [phone for phone in (alpha, bravo) if any(code in text for text in phone.inbox)]
    assert len(asked) == 2, "nobody else was asked in time"
    bravo.text(f"{code} 1")
    assert state(world, dispatch) == "accepted"
    bravo.text(f"{code} on the way")

    assert state(world, dispatch) == "en_route"
    reference = world.call({"problem_type": "other"}).reference
    assert reference.startswith("380118-"), "the local day"
    browser = world.client("dispatcher")
    for page in ("/board", f"/calls/{reference}", "/past-calls"):
        assert browser.get(page).status_code == 200
    world.ignores_texts("what else they are told is beside the point")
