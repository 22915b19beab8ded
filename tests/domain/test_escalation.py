"""Whom to try next when nobody has answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.escalation import (
    Channel,
    Done,
    EscalationPolicy,
    Step,
    Who,
    as_rows,
    default_policy,
    most_specific,
    next_step,
    preview,
    problems,
    read_policy,
    reminders,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASK = Step(Who.NEXT_TEAM, times=0)
TELL = Step(Who.SUPERVISOR)
seconds = st.integers(0, 4 * 3600)

beyond = st.builds(
    Step,
    who=st.just(Who.SUPERVISOR),
    channel=st.sampled_from(Channel),
    wait_s=seconds,
    times=st.integers(1, 5),
    every_s=st.integers(10, 3600),
) | st.builds(Step, who=st.just(Who.ALL_HANDS), wait_s=seconds)
sound = st.builds(
    lambda steps, repeat_s: EscalationPolicy("Night", (ASK, *steps), repeat_s),
    st.lists(beyond, min_size=1, max_size=6),
    st.integers(30, 3600),
)


def walk(policy: EscalationPolicy, steps: int) -> list[tuple[int, Who, Channel]]:
    """The first steps beyond the teams, with the seconds after which each comes."""
    history, walked = Done(0, NOON), []
    for _ in range(steps):
        due = next_step(policy, history, history.at)
        if due is None:
            break
        walked.append((int((due.at - NOON).total_seconds()), due.step.who, due.step.channel))
        history = Done(history.times + 1, due.at)
    return walked


@pytest.mark.parametrize("rank", range(1, 7))
def test_the_default_is_sound_and_never_ends(rank: int) -> None:
    policy = default_policy(rank)

    assert list(problems(policy)) == []
    assert len(walk(policy, 200)) == 200


def test_the_highest_level_rings_at_half_time_then_tells_supervisor_and_all_hands() -> None:
    policy = default_policy(1)

    assert reminders(policy, 60) == [(30, Channel.VOICE)]
    assert walk(policy, 5) == [
        (0, Who.SUPERVISOR, Channel.SMS),
        (0, Who.SUPERVISOR, Channel.VOICE),
        (0, Who.ALL_HANDS, Channel.SMS),
        (120, Who.SUPERVISOR, Channel.SMS),
        (120, Who.SUPERVISOR, Channel.VOICE),
    ]


def test_other_levels_ask_as_ever_and_then_tell_the_supervisor() -> None:
    policy = default_policy(3)

    assert reminders(policy, 300) == []
    assert {who for _, who, _ in walk(policy, 20)} == {Who.SUPERVISOR}


@given(sound, st.integers(0, 40))
def test_no_step_comes_early_and_none_is_the_last(policy: EscalationPolicy, done: int) -> None:
    assert list(problems(policy)) == []
    later = NOON + timedelta(days=1)

    due = next_step(policy, Done(done, NOON), NOON)

    assert due is not None
    assert due.at >= NOON
    late = next_step(policy, Done(done, NOON), later)
    assert late is not None
    assert late.at >= later, "what is overdue is done now, once"
    assert late.step == due.step


@given(sound)
def test_what_is_written_down_is_read_back(policy: EscalationPolicy) -> None:
    assert read_policy(policy.name, as_rows(policy), policy.repeat_s) == (policy, [])
    own = replace(policy, call_back_min=7, divert_ranks=9)
    assert read_policy(own.name, as_rows(own), own.repeat_s, 7, 9) == (own, [])


@pytest.mark.parametrize("written", [(0, 2), (1441, 2), (5, 0), (5, 10)])
def test_a_wait_or_a_divert_out_of_bounds_is_refused(written: tuple[int, int]) -> None:
    _, wrong = read_policy("Nights", as_rows(default_policy(1)), 60, *written)
    assert len(wrong) == 1
    assert wrong[0].path == ("divert_ranks" if written[0] == 5 else "call_back_min")


@given(sound, st.integers(1, 5), st.integers(30, 900))
def test_the_preview_is_what_would_happen(
    policy: EscalationPolicy, teams: int, answer_s: int
) -> None:
    moments = preview(policy, answer_s, teams, until_s=3600)

    asked = [m.after_s for m in moments if m.who is Who.NEXT_TEAM]
    assert asked == [n * answer_s for n in range(teams) if n * answer_s <= 3600]
    assert [m.after_s for m in moments] == sorted(m.after_s for m in moments)
    after = [m.after_s - teams * answer_s for m in moments if m.who is not Who.NEXT_TEAM]
    assert after == [s for s, *_ in walk(policy, 100) if s + teams * answer_s <= 3600][: len(after)]


@pytest.mark.parametrize(
    ("steps", "repeat_s", "path"),
    [
        ((), 60, "steps"),
        ((TELL,), 60, "steps"),
        ((ASK,), 60, "steps"),
        ((ASK, Step(Who.ALL_HANDS)), 0, "repeat_s"),
        ((ASK, TELL), 5, "repeat_s"),
        ((ASK, TELL, ASK), 60, "steps.3.who"),
        ((ASK, TELL, Step(Who.SAME, wait_s=30)), 60, "steps.3.who"),
        ((ASK, Step(Who.SUPERVISOR, times=0)), 60, "steps.2.times"),
        ((ASK, Step(Who.SUPERVISOR, times=3, every_s=1)), 60, "steps.2.every_s"),
        ((ASK, Step(Who.SUPERVISOR, wait_s=None)), 60, "steps.2.wait_s"),
        ((ASK, Step(Who.SAME, wait_s=1), TELL), 60, "steps.2.wait_s"),
        ((Step(Who.NEXT_TEAM, Channel.VOICE), TELL), 60, "steps.1.channel"),
        ((ASK, *[TELL] * 12), 60, "steps"),
    ],
)
def test_what_would_forget_a_call_is_refused(
    steps: tuple[Step, ...], repeat_s: int, path: str
) -> None:
    found = [problem.path for problem in problems(EscalationPolicy("Night", steps, repeat_s))]

    assert path in found


def test_it_may_end_with_the_supervisor() -> None:
    policy = EscalationPolicy("Small center", (ASK, TELL), 0)

    assert list(problems(policy)) == []
    assert len(walk(policy, 9)) == 1


def test_only_some_teams_are_asked_where_the_policy_says_so() -> None:
    policy = EscalationPolicy("Hurry", (Step(Who.NEXT_TEAM, times=2), TELL), 60)

    moments = preview(policy, 60, teams=7, until_s=120)

    assert [(m.after_s, m.who) for m in moments] == [
        (0, Who.NEXT_TEAM),
        (60, Who.NEXT_TEAM),
        (120, Who.SUPERVISOR),
    ]


def test_the_most_specific_policy_wins() -> None:
    live = {key: str(key) for key in (("", 0), ("", 1), ("mobile", 0), ("mobile", 1))}

    assert most_specific(live, "mobile", 1) == str(("mobile", 1))
    assert most_specific(live, "mobile", 2) == str(("mobile", 0))
    assert most_specific(live, "co_responder", 1) == str(("", 1))
    assert most_specific(live, "co_responder", 2) == str(("", 0))
    assert most_specific({("mobile", 2): "x"}, "mobile", 1) is None


# --- rounds -------------------------------------------------------------------------------


def test_a_policy_at_its_end_begins_anew_only_if_it_is_let() -> None:
    twice = Step(Who.SUPERVISOR, wait_s=60, times=2, every_s=30)
    policy = EscalationPolicy("Night", (ASK, twice, Step(Who.ALL_HANDS)), 0)
    assert policy.ends_after == 3
    assert default_policy(1).ends_after is None

    assert next_step(policy, Done(3, NOON), NOON) is None
    again = next_step(policy, Done(3, NOON), NOON, again=True)
    assert again is not None
    assert (again.step, again.at, again.round, again.begins) == (twice, NOON, 2, True)
    assert next_step(policy, Done(4, NOON), NOON) is not None


def test_a_step_knows_whether_it_is_the_first_of_its_kind_in_the_round() -> None:
    policy = default_policy(1)
    steps = [next_step(policy, Done(done, NOON), NOON) for done in range(4)]

    assert [due and (due.round, due.begins, due.anew) for due in steps] == [
        (1, True, True),
        (1, False, False),
        (1, False, True),
        (2, True, True),
    ]
