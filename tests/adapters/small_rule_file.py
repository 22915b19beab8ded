"""A small vocabulary and a small rule set, as text, for tests of the reader."""

from triage.adapters.rule_files import RuleFiles
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import RuleSet

VOCABULARY = """\
version: "1"
title: Small
groups: [safety, situation]
partners: [shelter]
facts:
  weapon:
    group: safety
    type: choice
    ask: gate
    order: 50
    name: {en: weapon, es: arma}
    question:
      en: {first: "Do you have a weapon?", third: "Do they have a weapon?"}
      es: {first: "¿Tiene un arma?", third: "¿Tiene un arma la persona?"}
    values:
      in_hand: {key: "1", en: In hand, es: En la mano, phrase: {en: a weapon is in hand}}
      none_seen: {key: "2", en: None seen, es: Ninguna vista, needs_sight: yes}
    danger: [none_seen, in_hand]
  norway:
    group: safety
    type: yes_no
    ask: when_it_matters
    question: {en: {first: "In NO?", third: "In NO?"}}
    ask_when: {weapon: in_hand}
    ask_first: {weapon: in_hand}
  contacts_last_30_days: {group: situation, type: number, ask: never, min: 0, max: 1000}
  team_on: {group: situation, type: yes_no, ask: never}
responses:
  police: {label: {en: Patrol, es: Patrulla}, reached_by: cad, armed: yes, public_safety: yes}
  mobile: {label: Mobile team, reached_by: page, roles: [clinician], availability_fact: team_on}
  line: {label: Crisis line, reached_by: transfer, about: By telephone}
"""
RULES = """\
rule_set: small
version: "1"
title: Small
scope: complete
about: For tests.
sources:
  us: {title: Our policy, where: here, read: "2026-11", standing: local_policy}
vocabulary: "1"
responses: [police, mobile, line]
default: {response: line, because: Nothing else decides.}
ask: {wait_min: 5, then: mobile}
levels:
  - {id: "1", rank: 1, label: NOW, within_min: 10, answer_within_min: 1}
  - {id: B, rank: 2, label: SOON, within_min: 30}
default_level: B
fallbacks: {mobile: [line]}
prompts:
  - {terms: {en: [knife, gun], es: [cuchillo]}, asks: weapon}
rules:
  - id: armed
    require: police
    when: {weapon: in_hand}
    if_unknown: does_not_hold
    because: A weapon is in hand.
    source: us
    standing: local_policy
examples:
  - name: Armed
    facts: {weapon: in_hand}
    narrative: no knife
    situation: {contacts_last_30_days: 4, minutes_to: {mobile: 12.5}}
    expect: {response: police, level: B, must_not: [line], settled: yes}
"""
READER = RuleFiles()


def vocabulary() -> Vocabulary:
    return READER.read_vocabulary(VOCABULARY)


def read(text: str) -> RuleSet:
    return READER.read_rule_set(text, vocabulary())


def changed(old: str, new: str, text: str = RULES) -> str:
    assert old in text
    return text.replace(old, new, 1)
