"""Reading a call: what is accepted, what is refused, and in which words."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.small_rules import VOCABULARY
from triage.domain.answers import UNKNOWN, Conflicting, Report
from triage.domain.call_reading import NARRATIVE_LENGTH, decode_call
from triage.domain.errors import InvalidCall


def problems(raw: object) -> dict[str, str]:
    """What is wrong with a call, by path."""
    with pytest.raises(InvalidCall) as refusal:
        VOCABULARY.read_call(raw)
    return {problem.path: problem.message for problem in refusal.value.problems}


def test_everything_may_be_left_out() -> None:
    call = VOCABULARY.read_call({})

    assert (call.asked, call.narrative) == ({}, "")


def test_each_type_of_answer_is_read() -> None:
    call = VOCABULARY.read_call(
        {
            "facts": {
                "weapon": "in_hand",
                "violence": "unknown",
                "hours": 3.0,
                "hazards": ["gas", "fire"],
                "code": "25A02",
                "problem": {
                    "values": [
                        {"value": "sad", "source": "caller"},
                        {"value": "unknown", "source": "neighbour"},
                    ]
                },
            },
            "situation": {
                "team_on": "no",
                "unavailable": {"ems": "all_committed"},
                "minutes_to": {"line": 2.5},
                "now": "2026-11-23T14:30:00-06:00",
            },
        }
    )

    assert call.asked == {
        "weapon": "in_hand",
        "violence": UNKNOWN,
        "hours": 3,
        "hazards": ("fire", "gas"),
        "code": "25A02",
        "problem": Conflicting((Report("sad", "caller"), Report(UNKNOWN, "neighbour"))),
        "team_on": "no",
    }
    assert isinstance(call.asked["hours"], int)
    assert VOCABULARY.read_call(call.as_dict()) == call


def test_problems_stand_in_the_same_order_in_every_process() -> None:
    """Names in a set come in an order of the process's own."""
    unheard_of = [*"cabfedhg"]
    two_minds = {"team_on": "yes", "cold": "yes"}, {"team_on": "no", "cold": "no"}

    found = problems(
        {**dict.fromkeys(unheard_of), "facts": two_minds[0], "situation": two_minds[1]}
    )

    assert [*found] == [*sorted(unheard_of), "situation.cold", "situation.team_on"]


def test_all_problems_are_told_at_once_in_words_a_dispatcher_understands() -> None:
    found = problems(
        {
            "facts": {"wepon": "in_hand", "weapon": "in hand", "violence": True, "hours": "3"},
            "narative": "",
            "situation": {"weapon": "none", "unavailable": {"amulance": "busy"}},
        }
    )

    assert found["facts.wepon"] == "there is no such fact (did you mean weapon?)"
    assert found["facts.weapon"] == 'cannot be "in hand" (did you mean in_hand?)'
    assert found["facts.violence"] == "is true, not one of no, yes"
    assert found["facts.hours"] == 'is a number, not "3"'
    assert "did you mean narrative?" in found["narative"]
    assert "stands under facts" in found["situation.weapon"]
    assert "there is no such response" in found["situation.unavailable.amulance"]


@pytest.mark.parametrize("raw", [None, [], "weapon", 3, {1: 2}])
def test_a_call_is_an_object(raw: object) -> None:
    assert "" in problems(raw)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("violence", True),
        ("violence", "Yes"),
        ("violence", 1),
        ("violence", None),
        ("violence", ["yes"]),
        ("violence", {}),
        ("violence", {"value": "yes"}),
        ("violence", {"values": []}),
        ("violence", {"values": ["yes"]}),
        ("violence", {"values": [{"value": "yes"}]}),
        ("violence", {"values": [{"value": "yes", "source": ""}]}),
        ("violence", {"values": [{"value": "maybe", "source": "x"}]}),
        ("violence", {"values": [{"value": "yes", "source": "x"}] * 51}),
        ("violence", {"values": [{"value": "yes", "source": "\0"}]}),
        ("hours", "3"),
        ("hours", True),
        ("hours", -1),
        ("hours", 101),
        ("hours", math.nan),
        ("hours", math.inf),
        ("hours", 10**400),
        ("hazards", "fire"),
        ("hazards", ["fire", "fire"]),
        ("hazards", ["flood"]),
        ("hazards", [["fire"]]),
        ("hazards", ["fire"] * 1000),
        ("code", ""),
        ("code", "x" * 41),
        ("code", "a\0b"),
        ("code", "\ud800"),
        ("code", 25),
        ("constructor", "yes"),
        ("x" * 10_000, "yes"),
    ],
)
def test_answers_of_the_wrong_type_or_size_are_refused(fact: str, value: object) -> None:
    found = problems({"facts": {fact: value}})

    assert all(len(message) < 300 for message in found.values())


@pytest.mark.parametrize(
    "situation",
    [
        [],
        {"unavailable": []},
        {"unavailable": {"ems": "busy"}},
        {"unavailable": {"ems": None}},
        {"minutes_to": {"ems": "5"}},
        {"minutes_to": {"ems": True}},
        {"minutes_to": {"ems": -1}},
        {"minutes_to": {"ems": math.nan}},
        {"now": "2026-11-23"},
        {"now": "2026-11-23T14:30:00"},
        {"now": "soon"},
        {"now": 5},
        {"now": None},
        {"nowhere": "x"},
    ],
)
def test_a_situation_that_cannot_be_is_refused(situation: object) -> None:
    assert problems({"situation": situation})


@pytest.mark.parametrize(
    "narrative", ["x" * (NARRATIVE_LENGTH + 1), "a\0b", "\udcff", 5, None, ["text"]]
)
def test_a_narrative_is_a_text_of_bounded_length(narrative: object) -> None:
    assert "narrative" in problems({"narrative": narrative})


def test_the_situation_may_stand_under_facts_but_not_say_two_things() -> None:
    both = {"facts": {"team_on": "no"}, "situation": {"team_on": "no"}}

    assert VOCABULARY.read_call(both) == VOCABULARY.read_call({"situation": {"team_on": "no"}})
    both["situation"]["team_on"] = "yes"
    assert "which is it?" in problems(both)["situation.team_on"]


def test_calls_are_changed_by_making_others() -> None:
    call = VOCABULARY.read_call({"facts": {"weapon": "none"}})

    armed = call.with_fact("weapon", VOCABULARY.read_answer("weapon", "in_hand"))

    assert (call.asked["weapon"], armed.asked["weapon"]) == ("none", "in_hand")
    with pytest.raises(InvalidCall):
        VOCABULARY.read_answer("weapon", "spoon")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"facts": {"weapon": "none", "weapon": "in_hand"}}',
        '{"facts": {"hours": NaN}}',
        '{"facts": {"hours": Infinity}}',
        "[" * 100_000,
        b'{"narrative": "\xff"}',
        '{"facts": {"hours": ' + "9" * 5_000 + "}}",
    ],
)
def test_what_is_not_plain_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidCall):
        decode_call(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "at column 1"),
        ("{", "at column 2"),
        (b"{\r\n", "at column 2"),
        ('{"facts": {}} {}', "at column 15"),
        ('{\n  "facts": ?\n}\n', "at line 2 column 12"),
    ],
)
def test_a_line_is_named_only_inside_a_call_of_several_lines(text: str | bytes, place: str) -> None:
    with pytest.raises(InvalidCall) as refusal:
        decode_call(text)

    assert str(refusal.value).endswith(place)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3)
    ),
    max_leaves=8,
)
calls = st.fixed_dictionaries(
    {},
    optional={
        "facts": st.dictionaries(st.sampled_from(list(VOCABULARY.facts)), anything, max_size=4),
        "narrative": anything,
        "situation": st.dictionaries(
            st.sampled_from(["unavailable", "minutes_to", "now", "team_on"]), anything, max_size=3
        ),
    },
)


@given(calls | anything)
def test_whatever_comes_in_is_read_or_refused(raw: object) -> None:
    with suppress(InvalidCall):
        call = VOCABULARY.read_call(raw)
        assert VOCABULARY.read_call(call.as_dict()) == call
