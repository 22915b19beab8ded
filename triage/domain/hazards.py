"""What may be dangerous at a scene, in words that are said aloud."""

from collections.abc import Iterator, Mapping
from typing import Any

from triage.domain.facts import Fact
from triage.domain.words import Named, Spoken, listed, msgid

_GROUP = "safety"
_UNKNOWN = "unknown"
_AT_THE_DOOR = (
    *("weapon", "weapon_type", "weapon_directed_at", "firearm_access", "other_armed_person"),
    *("violence_now", "threat_to_others", "barricaded", "held_or_cannot_leave"),
    *("dv_weapon_used_or_threatened", "dv_gun_access", "fire_gas_chemical", "animals"),
    *("dangerous_place", "dangerous_place_type", "in_traffic"),
)
"""What somebody who is about to go in must know."""
_NONE_THERE = {("weapon", "none_seen"), ("weapon_directed_at", "nobody")}
"""Answers that say of no danger that it is there, though less surely than the least dangerous."""
_HARMLESS = {("animals", "needs_care")}
"""Neither a danger nor none."""


def hazards(facts: Mapping[str, Fact], answers: Mapping[str, Any]) -> list[Spoken]:
    """One sentence for each answer about safety that does not say that there is no danger, as
    the vocabulary orders them. What nobody knows is said too; of two reports the worse counts."""
    answered = _about_safety(facts, answers)
    return [
        _said(fact, value)
        for fact, value in answered
        if not is_none(fact, value) and (fact.name, value) not in _HARMLESS
    ]


def found_none(facts: Mapping[str, Fact], answers: Mapping[str, Any]) -> list[Spoken]:
    """What was asked of those that somebody at the door must know, and said not to be there: each
    answer in its own words, because not seen is less than confirmed."""
    answered = _about_safety(facts, answers)
    return [
        _said(fact, value)
        for fact, value in answered
        if fact.group == _GROUP and fact.name in _AT_THE_DOOR and is_none(fact, value)
    ]


def _about_safety(
    facts: Mapping[str, Fact], answers: Mapping[str, Any]
) -> Iterator[tuple[Fact, Any]]:
    for name, fact in facts.items():
        theirs = fact.group == _GROUP or name in _AT_THE_DOOR
        if theirs and (fact.danger or name in _AT_THE_DOOR) and name in answers:
            yield fact, _worst(fact, answers[name])


def is_none(fact: Fact, value: Any) -> bool:
    """Does the answer say that this danger is not there?"""
    said = isinstance(value, str)
    return said and (value in fact.danger[:1] or (fact.name, value) in _NONE_THERE)


def at_the_door(facts: Mapping[str, Fact], answers: Mapping[str, Any]) -> dict[str, int]:
    """How bad each of those is that is nearer to the most dangerous answer than to the least, and
    fumes, which are as deadly as what is worse."""
    found = {}
    for name in _AT_THE_DOOR:
        fact = facts.get(name)
        if fact is None or name not in answers or not fact.danger:
            continue
        value = _worst(fact, answers[name])
        rank = fact.danger.index(value) if value in fact.danger else 0
        if 2 * rank > len(fact.danger) - 1 or (name == "fire_gas_chemical" and rank):
            found[name] = rank
    return found


def _worst(fact: Fact, answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    stated = [report["value"] for report in answer.get("values", ())]
    known = [value for value in stated if value in fact.danger]
    return max(known, key=fact.danger.index, default=_UNKNOWN)


def _said(fact: Fact, value: Any) -> Spoken:
    noun = fact.named
    if value == _UNKNOWN:
        return msgid("%(noun)s: not known.", noun=noun)
    known = fact.by_value.get(value) if isinstance(value, str) else None
    if known is not None and known.phrase is not None:
        return listed("", [Named(known.phrase), "."])
    label = Named(known.label) if known is not None else f"{value}"
    return listed("", [noun, ": ", label, "."])
