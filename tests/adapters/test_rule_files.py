"""Rule files as a supervisor may write, or mangle, them."""

from hashlib import sha256

import pytest

from tests.adapters.small_rule_file import READER, RULES, VOCABULARY, changed, read, vocabulary
from triage.adapters.errata import Errata
from triage.adapters.nodes import MappingNode, TextNode
from triage.adapters.strict_yaml import read_yaml
from triage.domain.assessment import assess
from triage.domain.errors import RuleFileError

_WORDS = [f"mentions: {{terms: {{en: [word {n}]}}}}" for n in range(18)]
_PAIRS = [
    f"any: [{{{one}}}, {{{other}}}]" for one, other in zip(_WORDS[::2], _WORDS[1::2], strict=True)
]
MANY_WAYS = f"{{all: [{', '.join(f'{{{pair}}}' for pair in _PAIRS)}]}}"
"""Nine times one of two words: 512."""


def refused(text: str, words: str = "") -> list[str]:
    """The findings of a rule set that must not load, one of them with these words."""
    with pytest.raises(RuleFileError) as refusal:
        read(text)
    told = [str(finding) for finding in refusal.value.findings]
    assert any(words in one for one in told), told
    return told


def test_a_rule_set_loads_and_decides() -> None:
    rules = read(RULES)

    assert (rules.name, rules.sha256) == ("small", sha256(RULES.encode()).hexdigest())
    assert rules.vocabulary.sha256 == sha256(VOCABULARY.encode()).hexdigest()
    call = rules.vocabulary.read_call({"facts": {"weapon": "in_hand"}})
    assert assess(rules, call).response == "police"


def test_the_vocabulary_is_read_whole() -> None:
    words = vocabulary()
    weapon = words.facts["weapon"]

    assert weapon.danger == ("none_seen", "in_hand")
    assert weapon.question("first", "es") == "¿Tiene un arma?"
    assert [(one.key, one.label) for one in weapon.answers("es")] == [
        ("1", "En la mano"),
        ("2", "Ninguna vista"),
        ("u", "No se sabe"),
    ]
    assert words.facts["norway"].value_names == ("yes", "no")
    assert words.facts["norway"].ask_when == words.facts["norway"].ask_first is not None
    assert [fact.name for fact in words.gate] == ["weapon"]
    assert words.responses["mobile"].roles == ("clinician",)
    assert words.responses["police"].label("es") == "Patrulla"
    assert words.responses["line"].label("es") == "Crisis line"


def test_a_question_is_left_out_while_its_ask_when_is_false() -> None:
    either = "when: {any: [{weapon: in_hand}, {norway: yes}]}"
    rules = read(changed("when: {weapon: in_hand}", either))

    def asked(**facts: str) -> list[str]:
        call = rules.vocabulary.read_call({"facts": facts})
        return [one.fact.name for one in assess(rules, call).outlook.ask_next]

    assert asked() == ["weapon", "norway"]
    assert asked(weapon="unknown") == ["norway"]
    assert asked(weapon="none_seen") == []


@pytest.mark.parametrize("form", ["\r\n", "\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(form: str) -> None:
    text = "\ufeff" + RULES.replace("\n", form)

    assert read(text).rules == read(RULES).rules
    assert read(text).sha256 == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "written",
    [
        "on",
        "off",
        "yes",
        "no",
        "y",
        "NO",
        "08",
        "1:30",
        "1_000",
        "1.10",
        "2026-11-01",
        "~",
        "null",
        "=",
        ".inf",
    ],
)
def test_everything_stays_the_text_it_is(written: str) -> None:
    node = read_yaml(f"{written}: {written}", Errata()).root

    assert isinstance(node, MappingNode)
    key, value = next(iter(node.entries))
    assert isinstance(value, TextNode)
    assert (key.value, value.value) == (written, written)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rule_set: small", "rule_set: Small Set", "not a name"),
        ("scope: complete", "scope: partial", "scope cannot be partial"),
        ("title: Small\n", "", "a rule set lacks title"),
        ("default_level: B", "default_level: C", "default_level cannot be C"),
        ("rank: 2", "rank: 1", "two levels have the same rank"),
        ("id: B", 'id: "1"', "two levels have the same id"),
        (", within_min: 30", "", "a level lacks within_min"),
        ("within_min: 30", "within_min: soon", "is a whole number"),
        ("default: {response: line,", "default: {response: lines,", "did you mean line?"),
        ("then: mobile", "then: patrol_swat", "then cannot be patrol_swat"),
        ("wait_min: 5", "wait_min: -5", "from 1 to 240"),
        ("fallbacks: {mobile: [line]}", "fallbacks: {mobile: [mobile]}", "fall back on itself"),
        ("[knife, gun]", "[k]", "is not a term"),
        ("[knife, gun]", '[""]', "is not a term"),
        ("[knife, gun]", f"[{', '.join(f'word{n}' for n in range(300))}]", "1 to 200 terms"),
        ("asks: weapon", "asks: wepon", "did you mean weapon?"),
        ("- id: armed", "- id: Armed", "cannot be called Armed"),
        ("- id: armed", "- id: default", "the engine's own word"),
        ("    require: police\n", "", "the rule has no effect"),
        ("    require: police\n", "    require: police\n    also: line\n", "require and also"),
        ("require: police", "require: CIT Police", "did you mean police?"),
        ("require: police", "require: [police, line]", "require names one response"),
        ("require: police", "requires: police", "did you mean require?"),
        ("require: police", "score: {police: 1.5}", "is a whole number"),
        ("require: police", "score: {police: 101}", "from -100 to 100"),
        ("require: police", "score: {police: high}", "is a whole number"),
        ("require: police", "score: {police: .inf}", "is a whole number"),
        ("require: police", "score: {police: 10}", "has no threshold"),
        ("require: police", "level: Z", "level cannot be Z"),
        ("require: police", "plan: {}", "the plan is empty"),
        (
            "require: police",
            "plan: {notices: [{partner: shelte, what: x}]}",
            "did you mean shelter?",
        ),
        (
            "require: police",
            "plan: {notices: [{partner: shelter, what: 'about {name}'}]}",
            "placeholder",
        ),
        ("require: police", "also: line\n    entirely: yes", "entirely goes with exclude"),
        ("require: police", "also: []", "also: an empty list"),
        ("require: police", "exclude: []", "exclude: an empty list"),
        ("require: police", "score: {}", "score is a mapping of responses and points"),
        ("require: police", "plan: {notices: []}", "the plan is empty"),
        ("fallbacks: {mobile: [line]}", "fallbacks: {mobile: []}", "mobile: an empty list"),
        ("responses: [police, mobile, line]", "responses: []", "responses: an empty list"),
        (
            "expect: {response: police, level: B, must_not: [line], settled: yes}",
            "expect: {}",
            "says nothing",
        ),
        ("must_not: [line]", "must_not: []", "must_not: an empty list"),
        (
            "prompts:",
            "floor_departures: [{fact: wepon, source: us, because: So.}]\nprompts:",
            "did you mean weapon?",
        ),
        (
            "prompts:",
            "floor_departures: [{fatc: weapon, source: us, because: So.}]\nprompts:",
            "did you mean fact?",
        ),
        ("within_min: 30", "within_min: 5", "level B is less urgent than 1 and sooner"),
        (
            "require: police",
            "plan: {notices: [{partner: shelter, what: HIV test}]}",
            "leave out hiv",
        ),
        ("when: {weapon: in_hand}", "when: {wepon: in_hand}", "did you mean weapon?"),
        ("when: {weapon: in_hand}", "when: {weapon: in_hnd}", "did you mean in_hand?"),
        ("when: {weapon: in_hand}", "when: {weapon: unknown}", "known: no"),
        ("when: {weapon: in_hand}", "when: {}", "an empty condition"),
        ("when: {weapon: in_hand}", "when: [weapon]", "a list is not a condition"),
        ("when: {weapon: in_hand}", "when: maybe", "is not a condition"),
        ("when: {weapon: in_hand}", "when: {any: []}", "at least one condition"),
        ("when: {weapon: in_hand}", "when: {weapon: {equals: in_hand}}", "no comparison equals"),
        ("when: {weapon: in_hand}", "when: {norway: {at_least: yes}}", "has no order"),
        ("when: {weapon: in_hand}", "when: {at_least: {n: 3, of: [{norway: yes}]}}", "from 1 to 1"),
        (
            "when: {weapon: in_hand}",
            "when: {contacts_last_30_days: {at_least: ten}}",
            "not a number",
        ),
        ("when: {weapon: in_hand}", "when: {contacts_last_30_days: 3}", "may not read"),
        ("when: {weapon: in_hand}", "when: \"__import__('os').system('true')\"", "not a condition"),
        ("    if_unknown: does_not_hold\n", "", "a rule lacks if_unknown"),
        ("if_unknown: does_not_hold", "if_unknown: hold", "did you mean holds?"),
        ("    because: A weapon is in hand.\n", "", "a rule lacks because"),
        ("because: A weapon is in hand.", 'because: ""', "because is empty"),
        ("because: A weapon is in hand.", "because: Call {name}.", "placeholder"),
        ("    source: us\n", "", "a rule lacks source"),
        ("source: us", "source: them", "source cannot be them"),
        ("    standing: local_policy\nexamples", "examples", "a rule lacks standing"),
        ("    source: us\n", "    source: us\n    from: 2026-13-01\n", "from is a date"),
        (
            "    source: us\n",
            "    source: us\n    from: 2026-12-01\n    until: 2026-11-01\n",
            "is after until",
        ),
        ("    facts: {weapon: in_hand}", "    facts: {weapon: in_hnd}", "did you mean in_hand?"),
        ("response: police, level", "response: line, level", "the response is police, not line"),
        ("must_not: [line]", "must_not: [police]", "police comes and must not"),
    ],
)
def test_each_mistake_is_named_where_it_stands(old: str, new: str, words: str) -> None:
    text = changed(old, new)

    told = refused(text, words)

    finding = next(one for one in told if words in one)
    line = int(finding.split(":")[0])
    assert 1 <= line <= len(text.splitlines())


def test_rule_ids_are_unique() -> None:
    rule = RULES[RULES.index("  - id: armed") : RULES.index("examples:")]

    refused(changed("examples:", f"{rule}examples:"), "there are two rules armed")


def test_all_mistakes_are_told_at_once_by_line_with_hints() -> None:
    text = changed("weapon: in_hand", "wepon: in_hand")
    text = changed("if_unknown: does_not_hold", "if_unknown: perhaps", text)
    text = changed("label: SOON", "lable: SOON", text)

    told = refused(text)

    assert [one.split(": ")[0] for one in told] == ["14:5", "14:22", "22:12", "23:17"]


def test_a_misspelt_title_does_not_hide_what_is_wrong_in_the_rules() -> None:
    text = changed("title: Small", "titel: Small")
    text = changed("weapon: in_hand", "weapom: in_hand", text)
    text = changed("source: us", "source: you", text)
    text = changed("require: police", "require: polic", text)

    told = [one.split(" (")[0] for one in refused(text)]

    assert told == [
        "1:1: error: a rule set lacks title",
        "3:1: error: a rule set has no key titel",
        "21:14: error: require cannot be polic",
        "22:12: error: there is no fact weapom",
        "25:13: error: source cannot be you",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source: us", "source: you"),
        ("standing: local_policy\nexamples", "standing: policy\nexamples"),
        ("because: A weapon is in hand.", 'because: ""'),
        ("title: Small\n", ""),
        ("default: {response: line,", "default: {response: lines,"),
        ("responses: [police, mobile, line]\n", ""),
        ("sources:\n  us:", "source:\n  us:"),
    ],
)
def test_what_decides_nothing_does_not_hide_that_a_danger_is_left_alone(old: str, new: str) -> None:
    text = changed("require: police", "require: mobile", changed(old, new))

    told = refused(text, "when weapon is in_hand, no rule requires police")

    assert len(told) > 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("require: police", "require: polic"),
        ("weapon: in_hand", "weapom: in_hand"),
        ("if_unknown: does_not_hold", "if_unknown: perhaps"),
        ("rules:\n", "rule:\n"),
        ("scope: complete", "scope: partial"),
    ],
)
def test_of_rules_that_could_not_be_read_nobody_says_what_they_leave_out(
    old: str, new: str
) -> None:
    assert not any("no rule requires" in one for one in refused(changed(old, new)))


@pytest.mark.parametrize(
    "key", ["responses", "sources", "levels", "default", "default_level", "scope", "vocabulary"]
)
def test_what_is_missing_is_told_once_and_not_for_every_rule_that_needs_it(key: str) -> None:
    text = changed(f"\n{key}:", f"\n{key}_of_ours:")

    told = [one.split(" (")[0].split("error: ")[1] for one in refused(text) if "error" in one]

    assert told == [f"a rule set lacks {key}", f"a rule set has no key {key}_of_ours"]


def test_a_colon_in_a_text_without_quotes_is_told_with_what_to_do() -> None:
    text = changed("because: A weapon is in hand.", "because: A weapon: act now.")

    told, *_ = (one for one in refused(text) if "error" in one)

    assert told.startswith("24:22: error: a second colon in one line")
    assert "put a text with a colon in double quotes" in told


def test_warnings_do_not_keep_a_rule_set_from_loading() -> None:
    text = changed('vocabulary: "1"', 'vocabulary: "2"')

    assert read(text)
    found = READER.check_rule_set(text, vocabulary())
    assert [(one.severity, one.message) for one in found] == [
        ("warning", "written for vocabulary 2, read with 1"),
        ("warning", "no rule gives level 1"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("type: choice", "type: enum", "type cannot be enum"),
        ("danger: [none_seen, in_hand]", "danger: [in_hand]", "danger leaves out none_seen"),
        ('key: "2"', 'key: "1"', "the same key"),
        ('key: "2"', "key: u", "means unknown"),
        ('key: "2"', "key: ab", "one digit or small letter"),
        ("none_seen: {key", "unknown: {key", "unknown is never listed"),
        ("ask: gate\n", "ask: sometimes\n", "ask cannot be sometimes"),
        ("ask_when: {weapon: in_hand}", "ask_when: {wepon: in_hand}", "did you mean weapon?"),
        (
            "ask_when: {weapon: in_hand}",
            f"ask_when: {MANY_WAYS}",
            "ask_when of norway: more than 256 ways to be true",
        ),
        ("  norway:", "  race_ethnicity:", "equity audit"),
        ("  norway:", "  Norway:", "cannot be Norway"),
        (
            "group: safety\n    type: yes_no",
            "group: saftey\n    type: yes_no",
            "did you mean safety?",
        ),
        ("roles: [clinician], ", "", "roles go with"),
        (
            "availability_fact: team_on",
            "availability_fact: norway",
            "not a yes_no of the situation",
        ),
        ('    question: {en: {first: "In NO?", third: "In NO?"}}\n', "", "the question is missing"),
        ("reached_by: transfer", "reached_by: pigeon", "reached_by cannot be pigeon"),
        ("Do you have a weapon?", "{name}, do you have a weapon?", "placeholder"),
        ("en: In hand,", 'en: "In hand of <name>",', "placeholder"),
        ("label: Mobile team", 'label: "Team $team"', "placeholder"),
        (
            "type: number, ask: never,",
            "type: number, ask: never, in_texts: yes,",
            "contacts_last_30_days never goes into a text message",
        ),
        (
            "{group: situation, type: yes_no, ask: never}",
            "{group: situation, type: code, ask: never, in_texts: yes}",
            "team_on never goes into a text message",
        ),
        (
            "group: safety\n    type: yes_no",
            "group: medical\n    in_texts: yes\n    type: yes_no",
            "norway never goes into a text message",
        ),
        (
            "ask_first: {weapon: in_hand}",
            "ask_first: {weapon: in_hand}\n    in_texts: yes\n    read_by: raising",
            "norway never goes into a text message",
        ),
        (
            "facts:\n",
            "seldom_both:\n  - {weapon: in_hand}\nfacts:\n",
            "6:5: error: a pair has two questions, not 1",
        ),
        (
            "facts:\n",
            "seldom_both:\n  - {weapon: in_hnd, norway: no}\nfacts:\n",
            "6:14: error: weapon cannot be in_hnd (did you mean in_hand?)",
        ),
        (
            "facts:\n",
            "seldom_both:\n  - {weapon: in_hand, team_on: no}\nfacts:\n",
            "a question of a pair cannot be team_on",
        ),
    ],
)
def test_mistakes_in_a_vocabulary_are_named(old: str, new: str, words: str) -> None:
    with pytest.raises(RuleFileError) as refusal:
        READER.read_vocabulary(changed(old, new, VOCABULARY))

    assert any(words in str(one) for one in refusal.value.findings), refusal.value
