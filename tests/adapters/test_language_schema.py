"""The JSON schemas of the language: for editors, and never apart from what the loader reads."""

import json
import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.adapters.small_rule_file import READER, RULES, VOCABULARY, changed, vocabulary
from triage.adapters.condition_reading import GROUPS
from triage.adapters.node_reading import Fields, Notebook
from triage.adapters.nodes import ListNode, MappingNode, Node
from triage.adapters.rule_reading import CONSENTS, KINDS, OWNERS, RESERVED_IDS, STANDINGS
from triage.adapters.rule_set_reading import read_rule_set
from triage.adapters.strict_yaml import read_yaml
from triage.adapters.vocabulary_reading import EQUITY_FIELDS, TYPES, read_vocabulary
from triage.domain.comparisons import COMPARISONS
from triage.domain.errors import RuleFileError
from triage.domain.facts import Ask, ReachedBy, ReadBy
from triage.domain.ruleset import IfUnknown, Scope

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "rules").glob("*.yaml"))
RULE_SETS = [file for file in SHIPPED if file.name != "vocabulary.yaml"]


def schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8"))
    return read


LANGUAGE, VOCABULARY_SCHEMA = schema("rule-language"), schema("vocabulary")


def as_written(node: Node) -> object:
    """What the loader sees: texts only."""
    if isinstance(node, MappingNode):
        return {key: as_written(value) for key, value in node.values.items()}
    return [as_written(item) for item in node.items] if isinstance(node, ListNode) else node.value


class _Editor(yaml.SafeLoader):
    """What an editor sees: YAML 1.2, with its numbers, true and false."""


_Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    _Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def as_edited(text: str) -> object:
    # Keys are texts in JSON, whatever YAML says.
    return json.loads(json.dumps(yaml.load(text, Loader=_Editor)))


def complaints(text: str, known: dict[str, Any]) -> list[list[str]]:
    """What the schema finds in either view of the text."""
    validator = Draft202012Validator(known)
    views = (as_written(read_yaml(text, Notebook()).root), as_edited(text))
    return [[error.message for error in validator.iter_errors(view)] for view in views]


@pytest.mark.parametrize("known", [LANGUAGE, VOCABULARY_SCHEMA])
def test_the_schema_is_one(known: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(known)


@pytest.mark.parametrize("file", RULE_SETS, ids=lambda file: file.stem)
def test_every_shipped_rule_set_keeps_to_the_schema(file: Path) -> None:
    assert complaints(file.read_text("utf-8"), LANGUAGE) == [[], []]


def test_the_shipped_vocabulary_keeps_to_the_schema() -> None:
    text = (ROOT / "rules" / "vocabulary.yaml").read_text("utf-8")

    assert complaints(text, VOCABULARY_SCHEMA) == [[], []]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Small\n", ""),
        ("scope: complete", "scope: partial"),
        ("rule_set: small", "rule_set: Small Set"),
        (", within_min: 30", ""),
        ("within_min: 30", "within_min: soon"),
        ("wait_min: 5", "wait_min: 500"),
        ("- id: armed", "- id: default"),
        ("    require: police\n", ""),
        ("    require: police\n", "    require: police\n    also: line\n"),
        ("require: police", "requires: police"),
        ("require: police", "require: [police, line]"),
        ("require: police", "score: {police: 101}"),
        ("require: police", "score: {police: high}"),
        ("require: police", "plan: {}"),
        ("require: police", "also: line\n    entirely: yes"),
        ("when: {weapon: in_hand}", "when: {}"),
        ("when: {weapon: in_hand}", "when: [weapon]"),
        ("when: {weapon: in_hand}", "when: maybe"),
        ("when: {weapon: in_hand}", "when: {any: []}"),
        ("when: {weapon: in_hand}", "when: {weapon: {equals: in_hand}}"),
        ("when: {weapon: in_hand}", "when: {weapon: {known: perhaps}}"),
        ("when: {weapon: in_hand}", "when: {contacts_last_30_days: {between: [1]}}"),
        ("    if_unknown: does_not_hold\n", ""),
        ("if_unknown: does_not_hold", "if_unknown: hold"),
        ("because: A weapon is in hand.", "because: 'Call {name}.'"),
        ("standing: local_policy\nexamples", "standing: sure\nexamples"),
        ("    source: us\n", "    source: us\n    from: soon\n"),
        ("expect: {response", "expect: {respons"),
        ("settled: yes", "settled: perhaps"),
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(old: str, new: str) -> None:
    text = changed(old, new)

    assert complaints(RULES, LANGUAGE) == [[], []]
    assert complaints(text, LANGUAGE)[-1]  # ranges show only where numbers are numbers
    with pytest.raises(RuleFileError):
        READER.read_rule_set(text, vocabulary())


BEYOND = [
    *[("rank: 2", f"rank: {n}") for n in ("0", "-1", "100", "2.5", "two", "1e1", ".inf", "''")],
    *[("within_min: 30", f"within_min: {n}") for n in ("0", "-30", "86401", "1_000", "half")],
    *[("answer_within_min: 1", f"answer_within_min: {n}") for n in ("0", "1441", "-1", "1.5")],
    *[("wait_min: 5", f"wait_min: {n}") for n in ("0", "241", "5.5", "+5x")],
    *[("require: police", f"score: {{line: {n}}}") for n in ("101", "-101", "1000", "0.1", "1e1")],
    *[("prompts:", f"thresholds: {{line: {n}}}\nprompts:") for n in ("10001", "-10001", "1e3")],
    *[
        ("require: police", f"plan: {{follow_ups: [{part}]}}")
        for part in (
            "{kind: call_back, owner: clinician, after_h: -1, what: Ring, consent: asked}",
            "{kind: call_back, owner: clinician, after_h: 8785, what: Ring, consent: asked}",
            "{kind: call_back, owner: clinician, after_h: 8784.5, what: Ring, consent: asked}",
            "{kind: call_back, owner: clinician, after_h: soon, what: Ring, consent: asked}",
            "{kind: call back, owner: clinician, after_h: 1, what: Ring, consent: asked}",
            f"{{kind: a, owner: clinician, after_h: 1, what: {'x' * 2001}, consent: asked}}",
        )
    ],
    *[
        ("    source: us\n", f"    source: us\n    {key}: {day}\n")
        for key in ("from", "until", "review_by")
        for day in (
            "2026-13-01",
            "2026-00-10",
            "2026-02-30",
            "2026-04-31",
            "20261101",
            "2026-W05-1",
        )
    ],
    *[
        ("when: {weapon: in_hand}", f"when: {when}")
        for when in (
            "{at_least: {n: 0, of: [{weapon: in_hand}]}}",
            "{at_least: {n: -1, of: [{weapon: in_hand}]}}",
            "{at_least: {n: 2001, of: [{weapon: in_hand}]}}",
            "{at_least: {n: 1, of: []}}",
            "{weapon: []}",
            "{weapon: {in: []}}",
            "{weapon: [in_hand, in_hand]}",
            "{contacts_last_30_days: {between: [1, 2, 3]}}",
            "{mentions: {terms: {en: [k]}}}",
            "{mentions: {terms: {en: []}}}",
            f"{{mentions: {{terms: {{en: {'k' * 61}}}}}}}",
        )
    ],
    ("require: police", "also: []"),
    ("require: police", "exclude: []"),
    ("require: police", "score: {}"),
    ("require: police", "also: [line, line]"),
    ("responses: [police, mobile, line]", "responses: []"),
    ("fallbacks: {mobile: [line]}", "fallbacks: {mobile: []}"),
    ("id: armed", f"id: {'a' * 81}"),
    ("because: A weapon is in hand.", "because: ''"),
    ("because: A weapon is in hand.", f"because: {'x' * 2001}"),
    ("title: Small", f"title: {'x' * 2001}"),
    ("source: us\n", "source: ''\n"),
    ("prompts:", "floor_departures: [{source: us, because: It is so.}]\nprompts:"),
    ("prompts:", "floor_departures: [{fatc: weapon, source: us, because: So.}]\nprompts:"),
    ("expect: {response: police, level: B, must_not: [line], settled: yes}", "expect: {}"),
    ("must_not: [line]", "must_not: []"),
    ("narrative: no knife", f"narrative: {'x' * 20_001}"),
    ("minutes_to: {mobile: 12.5}", "minutes_to: {mobile: -1}"),
]


@pytest.mark.parametrize(("old", "new"), BEYOND, ids=[new[:60] for _, new in BEYOND])
def test_what_lies_beyond_a_limit_is_refused_by_both(old: str, new: str) -> None:
    """Whether an editor takes what is written for a text or for a number."""
    text = changed(old, new)

    as_texts, as_numbers = complaints(text, LANGUAGE)

    with pytest.raises(RuleFileError):
        READER.read_rule_set(text, vocabulary())
    assert as_numbers
    assert as_texts or "mobile: -1" in new  # a text of a fact is not measured by the schema


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: choice", "type: enum"),
        ('key: "2"', "key: u"),
        ('key: "2"', "key: ab"),
        ("none_seen: {key", "unknown: {key"),
        ("ask: gate\n", "ask: sometimes\n"),
        ("  norway:", "  race_ethnicity:"),
        ("  norway:", "  Norway:"),
        ("reached_by: transfer", "reached_by: pigeon"),
        ("label: {en: Patrol", "label: {en: 'Patrol {name}'"),
        ("facts:\n", "seldom_both: [{weapon: in_hand}]\nfacts:\n"),
        ("order: 50", "order: -1"),
        ("order: 50", "order: 100001"),
        ("order: 50", "order: '100001'"),
        ("min: 0, max: 1000", "min: 0, max: 1e3"),
        ("ask: never, min: 0", "ask: never, max_length: 0, min: 0"),
        ("ask: never, min: 0", "ask: never, max_length: 201, min: 0"),
    ],
)
def test_what_the_vocabulary_schema_refuses_the_loader_refuses(old: str, new: str) -> None:
    text = changed(old, new, VOCABULARY)

    assert complaints(VOCABULARY, VOCABULARY_SCHEMA) == [[], []]
    assert complaints(text, VOCABULARY_SCHEMA)[-1]  # ranges show only where numbers are numbers
    with pytest.raises(RuleFileError):
        READER.read_vocabulary(text)


_Keys = tuple[frozenset[str], frozenset[str]]
"""Those that a mapping needs, and all that it may have."""


class _Listening(Notebook):
    """Notes which keys the loader asks of every mapping that it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[_Keys] = set()

    def fields(
        self, node: Node, what: str, needed: Collection[str], optional: Collection[str] = ()
    ) -> Fields | None:
        self.asked.add((frozenset(needed), frozenset((*needed, *optional))))
        return super().fields(node, what, needed, optional)


def mappings_of(part: object) -> Iterator[_Keys]:
    """Every closed mapping that a schema describes."""
    if isinstance(part, dict):
        if part.get("additionalProperties") is False:
            yield frozenset(part.get("required", ())), frozenset(part["properties"])
        for value in part.values():
            yield from mappings_of(value)
    elif isinstance(part, list):
        for value in part:
            yield from mappings_of(value)


def keys_asked() -> set[_Keys]:
    """Of every mapping in the shipped files, and in two that use all there is."""
    notebook = _Listening()
    for text in [(ROOT / "rules" / "vocabulary.yaml").read_text("utf-8"), VOCABULARY]:
        read_vocabulary(text, read_yaml(text, notebook), notebook)
    known = READER.read_vocabulary((ROOT / "rules" / "vocabulary.yaml").read_text("utf-8"))
    for file in RULE_SETS:
        text = file.read_text("utf-8")
        read_rule_set(text, read_yaml(text, notebook), known, notebook)
    everything = changed(
        "when: {weapon: in_hand}",
        "when: {any: [{at_least: {n: 1, of: [{mentions: {terms: {en: knife}}}]}}]}",
    )
    read_rule_set(everything, read_yaml(everything, notebook), vocabulary(), notebook)
    return notebook.asked


def test_schema_and_loader_know_the_same_keys() -> None:
    timed = deepcopy(LANGUAGE["$defs"]["level"])
    timed["required"] += LANGUAGE["then"]["properties"]["levels"]["items"]["required"]
    described = {*mappings_of(LANGUAGE), *mappings_of(VOCABULARY_SCHEMA), *mappings_of(timed)}

    comparisons = frozenset[str](), frozenset(COMPARISONS)
    assert described == keys_asked() | {comparisons}


def test_schema_and_loader_know_the_same_words() -> None:
    rule, fact = LANGUAGE["$defs"]["rule"], VOCABULARY_SCHEMA["$defs"]["fact"]["properties"]
    follow_up = LANGUAGE["$defs"]["follow_up"]["properties"]
    condition = LANGUAGE["$defs"]["condition"]["anyOf"][1]
    response = VOCABULARY_SCHEMA["$defs"]["response"]["properties"]
    not_facts = VOCABULARY_SCHEMA["properties"]["facts"]["propertyNames"]["not"]

    assert [one["required"] for one in rule["oneOf"]] == [[kind] for kind in KINDS]
    assert rule["properties"]["if_unknown"]["enum"] == [*get_args(IfUnknown)]
    assert rule["properties"]["standing"]["enum"] == [*STANDINGS]
    assert set(rule["properties"]["id"]["not"]["enum"]) == RESERVED_IDS
    assert LANGUAGE["properties"]["scope"]["enum"] == [*get_args(Scope)]
    assert follow_up["owner"]["enum"] == [*OWNERS]
    assert follow_up["consent"]["enum"] == [*CONSENTS]
    assert [*condition["properties"]] == [*GROUPS]
    assert fact["type"]["enum"] == [*TYPES]
    assert fact["ask"]["enum"] == [*get_args(Ask)]
    assert fact["read_by"]["enum"] == [*get_args(ReadBy)]
    assert response["reached_by"]["enum"] == [*get_args(ReachedBy)]
    assert set(not_facts["enum"]) == EQUITY_FIELDS
    assert VOCABULARY_SCHEMA["$defs"]["condition"] == LANGUAGE["$defs"]["condition"]
