"""Answers that differ are kept with who gave them; steps of a form are taken back one by one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from triage.domain.answer_steps import MOST, after, undone
from triage.domain.contradictions import (
    agreed,
    answered_by_caller,
    heard_from,
    is_disputed,
    kept_as_well,
)

NO, YES = "none_confirmed", "in_hand"


def test_a_second_answer_stands_beside_the_first() -> None:
    both = kept_as_well(NO, YES, "officer")
    assert both == {
        "values": [{"value": NO, "source": "caller"}, {"value": YES, "source": "officer"}]
    }
    three = kept_as_well(both, "accessible", "third party")
    assert [one["source"] for one in three["values"]] == ["caller", "officer", "third party"]


def test_whoever_speaks_anew_replaces_what_they_said_and_agreeing_is_one_answer() -> None:
    both = kept_as_well(NO, YES, "officer")
    assert kept_as_well(both, NO, "officer") == NO
    assert kept_as_well(NO, NO, "officer") == NO
    assert kept_as_well(NO, YES, "caller")["values"][1]["source"] == "caller, later"


def test_whoever_does_not_know_contradicts_nobody() -> None:
    assert kept_as_well("unknown", YES, "officer") == said_by(officer=YES)
    assert kept_as_well(NO, "unknown", "officer") == NO
    assert kept_as_well(None, "unknown", "officer") == "unknown"


def said_by(**voices: str) -> Any:
    return {"values": [{"value": value, "source": source} for source, value in voices.items()]}


def test_where_the_caller_has_not_said_nobodys_word_becomes_theirs() -> None:
    for missing in (None, "unknown"):
        alone = kept_as_well(missing, YES, "officer")
        assert alone == said_by(officer=YES)
        assert (agreed(alone), is_disputed(alone)) == (YES, False)
        assert kept_as_well(alone, NO, "clinician") == said_by(officer=YES, clinician=NO)
        agreeing = kept_as_well(alone, YES, "clinician")
        assert agreeing == said_by(officer=YES, clinician=YES)
        assert answered_by_caller(agreeing, YES) == YES


def test_the_callers_own_answer_settles_what_they_and_others_disputed_and_drops_no_other() -> None:
    officers = kept_as_well(None, YES, "officer")
    both = answered_by_caller(officers, NO)
    assert both == said_by(officer=YES, caller=NO)
    assert answered_by_caller(both, NO) == NO
    assert answered_by_caller(NO, YES) == YES
    assert answered_by_caller(None, YES) == YES


def test_whoever_rings_later_brings_along_what_others_told_them() -> None:
    told = said_by(caller=NO, officer=YES)
    assert heard_from(None, told, "caller 3") == {
        "values": [{"value": NO, "source": "caller 3"}, {"value": YES, "source": "officer"}]
    }
    assert heard_from(NO, NO, "caller 3") == NO


FORMS = st.lists(
    st.dictionaries(
        st.sampled_from(["facts.a", "facts.b", "also.a", "location"]),
        st.lists(st.sampled_from(["", "1", "12", "x"]), max_size=2),
    ),
    max_size=12,
)


@given(FORMS)
def test_taking_everything_back_leaves_no_answer(forms: list[dict[str, list[str]]]) -> None:
    steps, now = after([], {}, {}, ()), dict[str, list[str]]()
    for form in forms:
        steps, now = after(steps, now, form, ["facts.a"]), form
    assert len(steps) <= MOST
    for step in reversed(steps):
        now = undone(now, step)
    assert not [name for name, values in now.items() if name != "location" and any(values)]


def test_an_answer_that_is_spelled_is_one_step() -> None:
    steps = after([], {}, {"facts.age": ["4"]}, ["facts.age"])
    steps = after(steps, {"facts.age": ["4"]}, {"facts.age": ["42"]}, ["facts.age"])
    assert steps == [{"name": "facts.age", "was": [], "became": ["42"]}]
