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
def test_no_set_asks_any_more_and_it_sends_whom_it_names_for_that(name: str) -> None:
    rules, waited = rule_set(name), 0
    ask = rules.ask
    assert ask is not None
    for call in (vocabulary().read_call({"facts": VAGUE}), *(one.call for one in rules.examples)):
        told = assess(rules.after_asking, call, ahead=False)

        assert told.outcome == "decided"
        if assess(rules, call, ahead=False).outcome == "ask_more" and not call.unavailable:
            waited += told.because[-1].because.startswith("The answers that decide who comes")
            assert ask.then in (told.decision.needed, told.decision.eligible)
    assert waited


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
