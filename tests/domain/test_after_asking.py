"""Once the time for answers is over: the same rules, and nobody is kept waiting any more."""

from typing import Any

import pytest

from tests.domain.shipped import SHIPPED, rule_set, vocabulary
from triage.domain.assessment import Assessment, assess

ASKING = [name for name in SHIPPED if rule_set(name).ask]
VAGUE = {"problem_type": "mental_health_crisis"}


def after(name: str, facts: dict[str, Any], **situation: Any) -> Assessment:
    call = vocabulary().read_call({"facts": facts, "situation": situation})
    return assess(rule_set(name).after_asking, call)


@pytest.mark.parametrize("name", ASKING)
def test_every_set_that_asks_first_sends_whom_it_names_when_nothing_is_answered(name: str) -> None:
    call = vocabulary().read_call({"facts": VAGUE})
    before = assess(rule_set(name), call)
    ask = rule_set(name).ask
    assert ask is not None

    told = assess(rule_set(name).after_asking, call)

    assert told.outcome == "decided"
    if before.outcome == "ask_more":
        assert told.decision.needed == ask.then
        assert told.because[-1].because.startswith("The answers that decide who comes")


def test_whoever_is_away_is_stood_in_for_and_the_cause_is_told() -> None:
    decision = after(
        "county-default", VAGUE, unavailable={"co_responder": "all_committed"}
    ).decision

    assert (decision.needed, decision.eligible) == ("co_responder", "co_responder")
    assert (decision.response, decision.cause) == ("police_cit", "all_committed")


def test_nobody_who_can_come_leaves_the_default_owed_and_a_person_to_act() -> None:
    chain = rule_set("county-default").fallbacks_of["co_responder"]
    away = dict.fromkeys(("co_responder", *chain), "none_on_shift")

    decision = after("county-default", VAGUE, unavailable=away).decision

    assert decision.response == "co_responder"
    assert decision.person_must_act


def test_a_call_that_is_decided_is_decided_the_same() -> None:
    facts = {"consciousness": "unconscious", "weapon": "in_hand"}
    call = vocabulary().read_call({"facts": facts})

    whole = assess(rule_set("county-default"), call).decision

    assert after("county-default", facts).decision == whole


def test_it_is_the_same_set_to_whoever_asks_which_rules_decided() -> None:
    rules = rule_set("county-default")

    assert rules.after_asking.sha256 == rules.sha256
    assert rules.after_asking is rules.after_asking  # arranged once, not for every call
    assert rules.after_asking.after_asking is rules.after_asking
