"""Times on the wall, in zones whose clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from triage.domain.code_words import LENGTH, new_code_word, says
from triage.domain.reply_words import Verb
from triage.domain.sms_replies import Reply, parse
from triage.domain.wall_clock import instant, next_weekly

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("at", [time(10, 0), time(2, 30), time(1, 30), time(0, 0)])
def test_every_week_of_a_year_has_exactly_one(name: str, at: time) -> None:
    zone, now = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    found = [now]
    while found[-1] < now + timedelta(days=366):
        found.append(next_weekly(zone, 6, at, found[-1]))

    days = [one.astimezone(zone).date() for one in found[1:]]
    assert {day.weekday() for day in days} == {6}
    assert all(later - day == timedelta(days=7) for day, later in pairwise(days))
    walls = [one.astimezone(zone).time() for one in found[1:]]
    assert sum(wall != at for wall in walls) <= 1  # skipped once, by putting the clock forward


def test_a_time_that_comes_twice_is_the_first_and_one_that_is_skipped_comes_later() -> None:
    zone = ZoneInfo("America/New_York")

    assert instant(zone, datetime(2026, 11, 1, 1, 30)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert instant(zone, datetime(2026, 3, 8, 2, 30)) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_code_word_is_no_code_of_a_call_and_no_verb() -> None:
    from random import Random

    random = Random(7)
    for _ in range(500):
        word = new_code_word(random)
        assert len(word) == LENGTH
        assert parse(word) == Reply()
        assert says(f"ok, {word.lower()}.", word)
        assert not says(word[:-1], word)


@pytest.mark.parametrize("body", ["READY", "ready!", "I'm ready", "reayd", "Presente", "present"])
def test_ready_in_its_forms(body: str) -> None:
    assert parse(body) == Reply(verb=Verb.READY)


@pytest.mark.parametrize("body", ["read", "not ready", "ready 1", "ready scene", "already"])
def test_what_is_not_ready(body: str) -> None:
    assert parse(body).verb is not Verb.READY
