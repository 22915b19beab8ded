"""Many calls at once: no telephone is flooded, and nothing that is needed at once waits."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from triage.domain.ranking import MemberOption, Need, TeamOption, rank
from triage.domain.storm import (
    MANY_PER_S,
    Candidates,
    Rush,
    best_team,
    must_wait,
    share_used,
)

NEED = Need(("clinician",), None, frozenset())


@st.composite
def centres(draw: st.DrawFn) -> tuple[list[TeamOption], set[UUID]]:
    """Teams of one or two, and whose telephones are flooded."""
    teams, flooded = [], set()
    for number in range(draw(st.integers(0, 6))):
        members = []
        for place in range(draw(st.integers(1, 2))):
            key = UUID(int=number * 10 + place)
            role = draw(st.sampled_from(["clinician", "officer"]))
            members.append(MemberOption(key, role, frozenset(), draw(st.integers(0, 2))))
            if draw(st.booleans()):
                flooded.add(key)
        teams.append(
            TeamOption(
                UUID(int=1000 + number),
                f"Team {number}",
                frozenset(),
                frozenset(),
                load=draw(st.integers(0, 2)),
                calls_at_once=draw(st.integers(1, 2)),
                suspended=draw(st.booleans()),
                members=tuple(members),
            )
        )
    return teams, flooded


@given(centres())
def test_the_highest_level_takes_the_best_team_whatever_it_had(
    centre: tuple[list[TeamOption], set[UUID]],
) -> None:
    teams, flooded = centre

    assert best_team(teams, NEED, 1, flooded) == next(iter(rank(teams, NEED)), None)


@given(centres(), st.integers(2, 6))
def test_nobody_stays_unasked_because_telephones_are_flooded(
    centre: tuple[list[TeamOption], set[UUID]], level: int
) -> None:
    teams, flooded = centre

    best = best_team(teams, NEED, level, flooded)

    assert (best is None) == (not rank(teams, NEED))


@given(centres(), st.integers(2, 6))
def test_a_flooded_telephone_is_spared_while_another_can_come(
    centre: tuple[list[TeamOption], set[UUID]], level: int
) -> None:
    teams, flooded = centre
    others = rank([team.without(flooded) for team in teams], NEED)

    best = best_team(teams, NEED, level, flooded)

    if others:
        assert best is not None
        (asked,) = best.can_fill(NEED.roles).values()
        assert asked.responder_id not in flooded


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 50)), max_size=60),
)
def test_what_can_wait_keeps_to_its_share_over_any_time(
    per_s: int, looks: list[tuple[int, int]]
) -> None:
    """looks -- after so many milliseconds a worker looks, and so many are due."""
    now, until = datetime(2026, 1, 1, tzinfo=UTC), None
    left: list[tuple[datetime, int]] = []
    for passed_ms, due in looks:
        now += timedelta(milliseconds=passed_ms)
        if not must_wait(until, now):
            texts = min(due, per_s)
            until = share_used(until, now, texts, per_s)
            left.append((now, texts))
    for place, (since, _) in enumerate(left):
        for till, _ in left[place:]:
            within = sum(texts for at, texts in left if since <= at <= till)
            assert within <= per_s * (2 + (till - since).total_seconds()) + 1e-6


def test_whoever_used_up_their_share_waits_and_then_goes_on() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    until = share_used(share_used(None, now, 10, 10), now, 1, 10)
    assert must_wait(until, now)
    assert not must_wait(until, now + timedelta(seconds=0.1))


def test_an_instant_from_before_a_clock_went_back_counts_for_nothing() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    before = now + timedelta(hours=1)
    assert not must_wait(before, now)
    assert share_used(before, now, 10, 10) == now + timedelta(seconds=1)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 4)), max_size=80))
def test_what_can_wait_is_left_alone_only_beside_many_others_and_not_for_long(
    claims: list[tuple[float, int]],
) -> None:
    """claims -- after so many seconds a worker takes so many texts that somebody waits for."""
    rush, now_s, all_taken_s = Rush(), 0.0, -60.0
    taken: list[float] = []
    for passed_s, texts in claims:
        now_s += passed_s
        lately = sum(at > now_s - 2 for at in taken)
        if rush.leaves_later(now_s):
            assert lately >= 2 * MANY_PER_S
            assert now_s - all_taken_s < 10
        else:
            assert lately < 2 * MANY_PER_S or now_s - all_taken_s >= 10
            all_taken_s = now_s
        rush.note(now_s, texts)
        taken += [now_s] * texts


@given(centres())
def test_a_team_that_is_just_asked_elsewhere_counts_as_having_that_call(
    centre: tuple[list[TeamOption], set[UUID]],
) -> None:
    teams, flooded = centre
    candidates = Candidates(teams, NEED, 1, flooded, "")
    for one in teams:
        instead = [t.with_one_call_more() if t is one else t for t in teams]
        assert candidates.best_but({one.team_id}) == best_team(instead, NEED, 1, flooded)
        best = candidates.best_but({one.team_id})
        assert best is None or best.free, "with that call it is full"
