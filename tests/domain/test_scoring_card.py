"""The scoring card on paper: coarser than the rules it is made from, never slower."""

from collections.abc import Iterator, Mapping

import pytest

from tests.domain.shipped import COMPLETE, SHIPPED, rule_set, vocabulary
from triage.domain.assessment import Assessment, assess
from triage.domain.scoring_card import KIND_OF_CALL, Comes, Line, ScoringCard, scoring_card

KINDS = vocabulary().facts[KIND_OF_CALL].values
CALM = {
    fact.name: fact.danger[0]
    for fact in vocabulary().facts.values()
    if fact.danger and not fact.is_situation and fact.name != KIND_OF_CALL
}
LIFE = {"Ambulance", "Fire and rescue"}


@pytest.fixture(scope="module")
def card() -> ScoringCard:
    return scoring_card(rule_set("county-default"))


def decided(answers: Mapping[str, str]) -> Assessment:
    """By the rules, once no more answers will come."""
    call = vocabulary().read_call({"facts": answers})
    return assess(rule_set("county-default").after_asking, call, ahead=False)


def read(card: ScoringCard, kind: str, sign: str = "") -> tuple[set[str], int]:
    """Who is sent for a call of this kind with this sign, and the rank of the level, as somebody
    with the paper in hand works it out; combinations left out."""
    lines = [line for line in card.signs if sign in line.signs]
    lines += [line for line in card.always if kind in line.signs]
    lines += [line for line in card.only_with if kind in line.of and sign in line.signs]
    lines = lines or [line for line in card.kinds if kind in line.signs]
    sent = {name for line in lines for name in (line.comes.first, *line.comes.also)}
    return sent, min(line.comes.level.rank for line in lines)


def every_sign() -> Iterator[tuple[str, str, str]]:
    """Question, answer and the words that stand on the card."""
    for fact in vocabulary().facts.values():
        if fact.is_situation or fact.name == KIND_OF_CALL:
            continue
        if fact.type == "yes_no":
            yield fact.name, "yes", fact.called()
            yield fact.name, "no", f"{fact.called()}: no"
        elif fact.type == "choice":
            yield from ((fact.name, value, fact.phrase(value)) for value in fact.value_names)


def test_a_weapon_in_hand_and_a_quiet_call_of_each_kind(card: ScoringCard) -> None:
    sent, rank = read(card, "Worry about somebody", "a weapon is in hand")
    assert (sent, rank) == ({"CIT officer", "Ambulance"}, 1)
    assert read(card, "Mental-health crisis") == ({"Mobile crisis team"}, 3)
    assert read(card, "Noise or neighbor dispute") == ({"Mediation"}, 4)


def test_what_must_come_for_a_kind_of_call_comes_with_every_sign(card: ScoringCard) -> None:
    sent, rank = read(card, "Medical problem", "the person wishes to be dead")
    assert sent >= {"Ambulance", "Mobile crisis team"}
    assert rank == 2


def test_nothing_known_is_what_the_rules_say_of_nothing(card: ScoringCard) -> None:
    found = decided({})
    assert card.unsure.first == vocabulary().responses[found.response].label()
    assert card.unsure.level == found.decision.level


def test_with_one_sign_it_is_never_slower_and_leaves_out_no_ambulance(card: ScoringCard) -> None:
    slower, without = [], []
    for kind in KINDS:
        for fact, value, sign in every_sign():
            found = decided({**CALM, KIND_OF_CALL: kind.name, fact: value})
            sent, rank = read(card, kind.label.say(), sign)
            wanted = {found.response, *found.decision.also}
            labels = {vocabulary().responses[one].label() for one in wanted}
            if rank > found.decision.level.rank:
                slower.append((kind.name, fact, value))
            if labels & LIFE - sent:
                without.append((kind.name, fact, value))
    assert slower == []
    assert without == []


def test_requirements_that_need_several_answers_are_all_told(card: ScoringCard) -> None:
    told = [one for one in card.together if "Police negotiator" in one.comes]
    assert len(told) == 1
    assert "barricaded" in told[0].when
    assert any({"CIT co-responder", "Ambulance"} == {*one.comes} for one in card.together)


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in COMPLETE][:3])
def test_other_rule_sets_make_a_card_too(name: str) -> None:
    card = scoring_card(rule_set(name))
    assert card.sha256 == rule_set(name).sha256
    every: list[Line] = [*card.always, *card.kinds]
    assert sorted(sign for line in every for sign in line.signs) == sorted(
        kind.label.say() for kind in KINDS
    )
    assert isinstance(card.unsure, Comes)
