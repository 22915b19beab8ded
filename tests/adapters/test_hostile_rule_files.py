"""What a person, a program or an enemy may upload as a rule file.

Refused in words, with a line, within 0.1 s and 50 MB; or read for what it is: text.
"""

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.small_rule_file import READER, RULES, VOCABULARY, changed, read, vocabulary
from tests.performance.rule_reading import VOCABULARY as SHIPPED
from tests.performance.rule_reading import written
from triage.adapters.errata import MOST_FINDINGS, Errata
from triage.adapters.strict_yaml import MOST_BYTES, MOST_MARKS, read_yaml
from triage.adapters.yaml_tree import DEEPEST, MOST_ENTRIES, MOST_HOLDERS, MOST_NODES
from triage.domain.assessment import assess
from triage.domain.calls import CallInput
from triage.domain.errors import RuleFileError
from triage.domain.facts import Vocabulary
from triage.domain.possibility import Possibilities
from triage.domain.rule_checks import MOST_ALTERNATIVES_IN_ALL, check
from triage.domain.terms import terms_of
from triage.services.rule_sets import text_of

MOST_SECONDS = 0.1
MOST_MEMORY = 50_000_000
MOST_CHECKING = 2.0
"""Seconds of a full check of 200 rules, whatever they hold."""
ARMED = "when: {weapon: in_hand}"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
NOT_RULE_SETS = {
    "empty": ("", "the file is empty"),
    "blank": ("\n\n   \n", "the file is empty"),
    "comments only": ("# nothing\n", "the file is empty"),
    "two documents": ("a: 1\n---\nb: 2\n", "2:1: error: a second document"),
    "a program": ("\x7fELF\x00\x01", "cannot be shown"),
    "a PDF": ("%PDF-1.4\n%âãÏÓ\n1 0 obj", "no text may begin with %"),
    "a zip": ("PK\x03\x04\x14\x00\x00", "cannot be shown"),
    "a letter": ("Dear all,\nplease find attached\n", "a rule set is a mapping"),
    "a web page": ("<!doctype html>\n<p>Rules: none</p>\n", "no key with a colon"),
    "a byte too big": ("#" * (MOST_BYTES + 1), "has 1,048,577 bytes, at most 1,048,576 are read"),
    "a tab": ("a:\n\tb: 1\n", "2:1: error: a tab (use spaces)"),
    "NUL": ("a: \0", "U+0000"),
    "escape codes": ("a: \x1b[31mred", "U+001B"),
    "text that reads backwards": ("a: \u202eevil", "U+202E"),
    "NUL as an escape": ('a: "x\\0"', "1:4: error: a character that cannot be shown (U+0000)"),
    "backwards as an escape": ('a: {b: "\\u202eevil"}', "U+202E"),
    "escape codes as an escape": ('"\\e[31mred": b', "U+001B"),
    "half a character": ("a: \ud800", "UTF-8"),
    "a million bad characters": ("\x01" * 1_000_000, "U+0001"),
    "billion laughs": (BOMB, "an anchor"),
    "quadratic blow-up": ("a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 1_000 + "]", "an alias"),
    "an anchor in itself": ("&a [*a]", "an anchor"),
    "deep lists": ("[" * 3_000, f"more than {DEEPEST} levels"),
    "deep mappings": ("{a: " * 3_000, f"more than {DEEPEST} levels"),
    "deep blocks": ("".join("  " * n + "a:\n" for n in range(300)), f"more than {DEEPEST} levels"),
    "deep dashes": ("- " * 3_000 + "a", f"more than {DEEPEST} levels"),
    "100,000 keys": (
        "".join(f"k{n}:\n" for n in range(100_000)),
        f"more than {MOST_MARKS:,} commas, colons",
    ),
    "100,000 items": ("- a\n" * 100_000, "more than 2,000 entries in one list"),
    "200 lists of 1,999": (
        "".join(f"k{n}: [{'a,' * 1_999}]\n" for n in range(200)),
        f"more than {MOST_MARKS:,} commas, colons and line ends",
    ),
    "a key of a megabyte": ("x" * 1_000_000 + ": 1", "1:1: error: a key is longer than 1,024"),
    "a quoted key of a megabyte": ('? "' + "x" * 1_000_000 + '"\n: 1', "has no key xxxx"),
    "a text of a megabyte": ("rule_set: " + "x" * 1_000_000, "lacks version"),
    "python": ("!!python/object/apply:os.system ['true']", "a tag"),
    "a python name": ("a: !!python/name:os.system", "a tag"),
    "a tag of one's own": ("a: !custom x", "a tag"),
    "binary data": ("a: !!binary aGVsbG8=", "a tag"),
    "a set": ("!!set {a, b}", "a tag"),
    "an include": ("rule_set: !include other.yaml", "a tag"),
    "a merge key": ("a: {b: 1}\nc:\n  <<: {d: 1}\n", "a merge key (<<) (write the keys out)"),
    "a merge with an anchor": ("a: &b {c: 1}\nd: {<<: *b}\n", "a merge key"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "3:1: error: a stands twice"),
    "a list as a key": ("? [a]\n: b\n", "as a key"),
    "an unclosed quote": ('a: "x\n', "1:4: error: the quote that opens here is never closed"),
    "a list": ("- a\n", "a rule set is a mapping"),
    "a colon too many in every line": ("a: b: c\n" * 15_000, "a second colon in one line"),
    "texts that want quotes": ("a: @b\n" * 90 + "x: " + "y" * 900_000, "may begin with @"),
    "a list twice, and again": (f"a: [{'b, ' * 190}]\n" * 99, "a stands twice"),
    "a file to include": ("file: /etc/passwd", "a rule set has no key file"),
}


def refusal(text: str) -> list[str]:
    with pytest.raises(RuleFileError) as refused:
        READER.read_rule_set(text, vocabulary())
    return [str(finding) for finding in refused.value.findings]


@pytest.mark.parametrize("name", NOT_RULE_SETS)
def test_what_is_not_a_rule_set_is_refused_quickly_and_in_little_memory(name: str) -> None:
    text, words = NOT_RULE_SETS[name]
    known = vocabulary()
    took = []
    for _ in range(3):
        begun = time.process_time()
        with pytest.raises(RuleFileError) as refused:
            READER.read_rule_set(text, known)
        took.append(time.process_time() - begun)
    tracemalloc.start()
    try:
        with pytest.raises(RuleFileError):
            READER.read_rule_set(text, known)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert any(words in str(finding) for finding in refused.value.findings), refused.value
    assert all(len(str(finding)) < 300 for finding in refused.value.findings)
    assert len(refused.value.findings) <= 100
    assert peak < MOST_MEMORY
    assert min(took) < MOST_SECONDS


def cheapest(work: Callable[[], object]) -> float:
    """Processor time of the quickest of five runs."""
    took = []
    for _ in range(5):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took)


def test_of_a_file_with_every_rule_misspelt_a_hundred_errors_are_told_and_the_reading_ends() -> (
    None
):
    shipped = READER.read_vocabulary(SHIPPED.read_text("utf-8"))
    text = written(900, examples=0)
    for right, wrong in (("because:", "becuase:"), ("if_unknown:", "if_unkown:")):
        text = text.replace(right, wrong)

    told = READER.check_rule_set(text, shipped)
    took = cheapest(lambda: READER.check_rule_set(text, shipped))

    assert len(text) > 220_000
    assert [one.severity for one in told].count("error") == MOST_FINDINGS
    assert any("did you mean because?" in str(one) for one in told)
    assert max(one.line for one in told) < text.count("\n") / 5
    assert took < 2 * cheapest(lambda: read_yaml(text, Errata()))
    assert took < 3 * MOST_SECONDS  # less than one on a quiet machine


def test_a_hundred_examples_that_fail_are_told_and_no_more() -> None:
    example = "  - name: No {0}\n    facts: {{}}\n    expect: {{response: mobile}}\n"
    text = RULES.partition("examples:")[0] + "examples:\n"
    text += "".join(example.format(number) for number in range(150))

    told = READER.check_rule_set(text, vocabulary())

    assert [one.severity for one in told].count("error") == MOST_FINDINGS


MEASURE_THEM = """
import json, resource, sys
from triage.adapters.rule_files import RuleFiles
from triage.domain.errors import RuleFileError

texts = json.load(sys.stdin)
vocabulary = RuleFiles().read_vocabulary(texts.pop("vocabulary"))
usage = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = usage()
for name, text in texts.items():
    try:
        RuleFiles().read_rule_set(text, vocabulary)
        sys.exit(f"{name} was read")
    except RuleFileError:
        pass
print(usage() - before)
"""


def test_all_of_them_one_after_the_other_take_little_of_the_machine() -> None:
    """Memory that the parser, which is written in C, takes counts too."""
    texts = {name: text for name, (text, _) in NOT_RULE_SETS.items() if name != "half a character"}
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", MEASURE_THEM],
        input=json.dumps(texts | {"vocabulary": VOCABULARY}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(root)},
    )

    assert int(done.stdout) < MOST_MEMORY


class TestWhatIsReadForWhatItIs:
    @pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
    def test_line_ends(self, line_end: str) -> None:
        assert read(RULES.replace("\n", line_end)).rules == read(RULES).rules

    def test_a_byte_order_mark(self) -> None:
        assert read("\ufeff" + RULES).rules == read(RULES).rules
        assert read(text_of(b"\xef\xbb\xbf" + RULES.encode())).rules == read(RULES).rules

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
    def test_other_encodings_are_refused_by_name(self, encoding: str) -> None:
        text = changed("Nothing else decides.", "Peña decides.")

        with pytest.raises(RuleFileError, match="not text in UTF-8"):
            text_of(text.encode(encoding))

    @pytest.mark.parametrize(
        "written",
        [
            *("on", "off", "yes", "no", "y", "NO", "08", "017", "1:30", "1_000", "1.10", "~"),
            *("2026-11-01", "null", "=", ".inf", ".nan", "0x1F", "1e3"),
        ],
    )
    def test_no_text_becomes_something_else(self, written: str) -> None:
        rules = read(changed("title: Small\nscope", f"title: {written}\nscope"))

        assert rules.title == written

    @pytest.mark.parametrize(
        "pattern", ["(a+)+$", "(a|a)*b", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$", "<b>knife</b>"]
    )
    def test_a_pattern_is_words_and_costs_nothing(self, pattern: str) -> None:
        """There are no patterns in the language, so none can take for ever."""
        text = changed("[knife, gun]", f"[knife, '{pattern}']")
        if pattern == "(a+)+$":
            assert any("is not a term" in one for one in refusal(text))
            return
        rules = read(text)
        call = rules.vocabulary.read_call({"narrative": "a" * 10_000 + "!"})

        begun = time.process_time()
        assess(rules, call)

        assert time.process_time() - begun < 1

    @pytest.mark.parametrize("keyword", ['""', "k", '"..."', "k" * 61])
    def test_a_word_that_is_found_everywhere_or_nowhere(self, keyword: str) -> None:
        told = refusal(changed("[knife, gun]", f"[{keyword}]"))

        assert any("is not a term" in one for one in told)

    def test_too_many_words(self) -> None:
        many = ", ".join(f"w{n}" for n in range(50_000))

        assert any("2,000 entries" in one for one in refusal(changed("knife, gun", many)))


MISTAKES = {
    "the same rule twice": (
        "examples:",
        RULES[RULES.index("  - id: armed") : RULES.index("examples:")] + "examples:",
        "there are two rules armed",
    ),
    "a rule that differs in case": ("- id: armed", "- id: Armed", "cannot be called Armed"),
    "a rule that looks the same": ("- id: armed", "- id: arme\u0301", "cannot be called"),
    "a misspelt key": ("because: A w", "becuase: A w", "did you mean because?"),
    "a missing key": ("    if_unknown: does_not_hold\n", "", "a rule lacks if_unknown"),
    "points in words": ("require: police", "score: {police: high}", "is a whole number"),
    "points beyond all": ("require: police", "score: {police: 1e9}", "is a whole number"),
    "points beyond the range": ("require: police", "score: {police: -500}", "from -100 to 100"),
    "points that are none": ("require: police", "score: {police: .nan}", "is a whole number"),
    "points without end": ("require: police", "score: {police: .inf}", "is a whole number"),
    "points in parts": ("require: police", "score: {police: 0.1}", "is a whole number"),
    "levels that overlap": ("rank: 2", "rank: 1", "two levels have the same rank"),
    "no level by default": ("default_level: B\n", "", "a rule set lacks default_level"),
    "a response out of reach": ("require: police", "also: mobile", "nothing leads to police"),
    "no response by default": (
        "default: {response: line, because: Nothing else decides.}\n",
        "",
        "a rule set lacks default",
    ),
    "an unknown response": ("require: police", "require: patrol_swat", "cannot be patrol_swat"),
    "a response in words": ("require: police", "require: Mobile", "did you mean mobile?"),
    "an unknown fact": (ARMED, "when: {wepon: in_hand}", "did you mean weapon?"),
    "a number in words": (
        ARMED,
        'when: {contacts_last_30_days: {at_least: "ten"}}',
        "ten is not a number",
    ),
    "a fact of which nothing is said": (
        ARMED,
        "when: {weapon: {}}",
        "nothing is said about weapon",
    ),
    "an empty condition": (ARMED, "when: {}", "an empty condition"),
    "an empty group": (ARMED, "when: {all: []}", "all needs at least one condition"),
    "a mention without words": (ARMED, "when: {mentions: {terms: {}}}", "1 to 200 terms"),
    "never true": (ARMED, "when: {all: [{weapon: in_hand}, {weapon: none_seen}]}", "never fire"),
    "Python": (ARMED, "when: \"__import__('os').system('true')\"", "is not a condition"),
    "Python's insides": (ARMED, 'when: "().__class__"', "is not a condition"),
    "an expression": (ARMED, 'when: "a if b else c"', "is not a condition"),
    "a function": (ARMED, 'when: "lambda: 1"', "is not a condition"),
    "a number without end": (
        ARMED,
        "when: {contacts_last_30_days: {at_least: 10^10^10}}",
        "not a number",
    ),
    "a template": ("because: A weapon", "because: '{{config}} A weapon", "placeholder"),
    "a name in a text": ("because: A weapon", "because: 'Ask {name} A weapon", "placeholder"),
    "a name in another way": (
        "because: A weapon",
        "because: 'Ask %(name)s A weapon",
        "placeholder",
    ),
    "a variable": ("because: A weapon", "because: 'Ask $name A weapon", "placeholder"),
    "a day that is none": ("    source: us\n", "    source: us\n    from: 2026-13-01\n", "a date"),
    "a day in words": ("    source: us\n", "    source: us\n    until: soon\n", "a date"),
    "days the wrong way round": (
        "    source: us\n",
        "    source: us\n    from: 2026-12-01\n    until: 2026-11-01\n",
        "is after until",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str) -> None:
    old, new, words = MISTAKES[name]
    if "because: '" in new:
        old, new = f"{old} is in hand.", f"{new} is in hand.'"

    told = refusal(changed(old, new))

    line = int(next(one for one in told if words in one).split(":")[0])
    assert 1 <= line <= RULES.count("\n") + 10


def test_a_question_asked_when_nothing_is_said_about_a_fact_is_refused() -> None:
    text = changed("ask_when: {weapon: in_hand}", "ask_when: {weapon: {}}", VOCABULARY)

    with pytest.raises(RuleFileError, match="nothing is said about weapon"):
        READER.read_vocabulary(text)


KEYS = [
    "weapon",
    "norway",
    "contacts_last_30_days",
    "all",
    "any",
    "none",
    "at_least",
    "of",
    "n",
    "mentions",
    "terms",
    "asks",
    "en",
    "is",
    "in",
    "not_in",
    "known",
    "between",
]
PARTS = st.recursive(
    st.sampled_from(["in_hand", "none_seen", "yes", "no", "3", "", "weapon", "~"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(PARTS)
@settings(max_examples=500, deadline=None)
def test_whatever_stands_in_a_condition_its_rule_is_read_or_the_file_is_refused(
    when: object,
) -> None:
    text = changed(ARMED, f"when: {json.dumps(when)}")

    try:
        rule_set = READER.read_published(text, READER.read_vocabulary(VOCABULARY))
    except RuleFileError as error:
        findings = error.findings
        assert any(finding.severity == "error" for finding in findings)
    else:
        assert "armed" in rule_set.rule


def test_a_complete_set_that_could_end_with_nobody() -> None:
    known = READER.read_vocabulary(
        changed("reached_by: transfer", "reached_by: record", VOCABULARY)
    )

    with pytest.raises(RuleFileError, match="a complete set ends with somebody, not with line"):
        READER.read_rule_set(RULES, known)


def test_a_rule_that_is_always_true_is_worth_a_look() -> None:
    text = changed(ARMED, "when: {any: [{norway: {known: yes}}, {norway: {known: no}}]}")
    text = text[: text.index("examples:")]

    told = [str(one) for one in READER.check_rule_set(text, vocabulary())]

    assert any("armed is true for every answer (write when: always" in one for one in told)


def test_the_largest_set_that_is_read_is_read_in_time_and_one_more_rule_is_not() -> None:
    shipped = READER.read_vocabulary(SHIPPED.read_text("utf-8"))
    largest = written(MOST_ENTRIES, examples=0)
    begun = time.process_time()
    assert len(READER.read_published(largest, shipped).rules) == MOST_ENTRIES
    took = time.process_time() - begun

    with pytest.raises(RuleFileError, match="more than 2,000 entries in one list"):
        READER.read_published(written(MOST_ENTRIES + 1, examples=0), shipped)
    assert took < 5  # half a second on a quiet machine


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("[" + "a, " * 1_500 + "]", "entries in so few lists"),
        ("{" + "".join(f"a{n}: b, " for n in range(1_500)) + "}", "20,040 entries in so few"),
        (
            "{" + "".join(f"a{n}: [b, c, d, e], " for n in range(480)) + "}",
            f"{MOST_NODES:,} entries",
        ),
        ("[" + "[], " * 800 + "]", f"more than {MOST_HOLDERS:,} lists and mappings"),
        ("[" + "{a: b}, " * 800 + "]", f"more than {MOST_HOLDERS:,} lists and mappings"),
        ("[" + "{a: [b, {}]}, " * 400 + "]", f"more than {MOST_HOLDERS:,} lists and mappings"),
    ],
    ids=["texts", "mappings", "short lists", "empty lists", "mappings of one", "lists in mappings"],
)
def test_many_small_parts_are_too_many_together(part: str, words: str) -> None:
    text = "".join(f"k{n}: {part}\n" for n in range(20))

    assert len(text) < MOST_BYTES
    assert any(words in told for told in refusal(text))
    assert cheapest(lambda: refusal(text)) < 3 * MOST_SECONDS  # less than one on a quiet machine


# --- large and legal ----------------------------------------------------------------------------


LARGE = """\
rule_set: large
version: "1"
title: Large
scope: illustration
about: As much as fits.
sources:
  us: {title: Our policy, where: here, read: "2026-11", standing: local_policy}
vocabulary: "2026-11"
responses: [police, crisis_line]
default: {response: crisis_line, because: Nothing else decides.}
levels:
  - {id: "1", rank: 1, label: NOW}
  - {id: "2", rank: 2, label: SOON}
default_level: "2"
rules:
  - {id: armed, require: police, when: {weapon: in_hand}, if_unknown: does_not_hold,
     because: A weapon., source: us, standing: local_policy}
  - {id: urgent, level: "1", when: {weapon: in_hand}, if_unknown: does_not_hold,
     because: A weapon., source: us, standing: local_policy}
"""


def some(facts: list[str], number: int) -> str:
    """Any four of eight of these facts, others for each number."""
    of = ", ".join(f"{{{facts[(number * 7 + n * 3) % len(facts)]}: yes}}" for n in range(8))
    return f"{{at_least: {{n: 4, of: [{of}]}}}}"


def either(facts: list[str], number: int) -> str:
    """Eight times one of two facts: 256 ways to be true."""
    pairs = (
        (facts[(number + n) % len(facts)], facts[(number * 5 + n + 8) % len(facts)])
        for n in range(8)
    )
    return f"{{all: [{', '.join(f'{{any: [{{{a}: yes}}, {{{b}: no}}]}}' for a, b in pairs)}]}}"


def large(
    known: Vocabulary, condition: Callable[[list[str], int], str], what: str, rules: int
) -> str:
    """Rules that differ in what they read, after those of LARGE."""
    facts = [f.name for f in known.facts.values() if f.type == "yes_no" and f.ask != "never"]
    facts = [name for name in facts if known.facts[name].read_by == "any"]
    rest = "if_unknown: does_not_hold, because: It says so., source: us, standing: local_policy"
    return LARGE + "".join(
        f"  - {{id: r{number}, {what}, when: {condition(facts, number)}, {rest}}}\n"
        for number in range(rules)
    )


@pytest.mark.parametrize("condition", [some, either], ids=["4 of 8", "256 terms"])
@pytest.mark.parametrize("what", ["require: police", 'level: "1"'])
def test_two_hundred_rules_are_checked_in_two_seconds_whatever_they_hold(
    condition: Callable[[list[str], int], str], what: str
) -> None:
    known = READER.read_vocabulary(SHIPPED.read_text("utf-8"))
    text = large(known, condition, what, 200)

    begun = time.process_time()
    found = READER.check_rule_set(text, known)
    took = time.process_time() - begun

    errors = [one.message for one in found if one.severity == "error"]
    assert [one.partition(" ways ")[2] for one in errors] == [
        "for all rules together to be true, at most 10,000"
    ]
    assert took < MOST_CHECKING


def test_what_would_be_slow_to_look_ahead_with_is_refused_and_just_less_is_quick_enough() -> None:
    known = READER.read_vocabulary(SHIPPED.read_text("utf-8"))
    rules = READER.read_rule_set(large(known, either, "require: police", 40), known)
    beyond = large(known, either, "require: police", 42)

    begun = time.process_time()
    assess(rules, CallInput())
    took = time.process_time() - begun
    told = [str(one) for one in READER.check_rule_set(beyond, known) if one.severity == "error"]

    together = sum(len(terms_of(rule.when)) for rule in rules.rules)
    assert MOST_ALTERNATIVES_IN_ALL * 0.95 < together <= MOST_ALTERNATIVES_IN_ALL
    assert len(told) == 1
    assert told[0].startswith("15:1: error: 10,")
    assert "ways for all rules together to be true, at most 10,000 (r0 alone has 256:" in told[0]
    assert took < 5  # half a second on a quiet machine


def test_what_is_too_large_to_be_checked_is_said_with_the_largest_rule() -> None:
    known = READER.read_vocabulary(SHIPPED.read_text("utf-8"))
    rules = READER.read_rule_set((SHIPPED.parent / "county-default.yaml").read_text("utf-8"), known)
    hasty = Possibilities(known.facts, tests=1_000)

    told = check(rules, possible=hasty)

    assert [one.message for one in told if "too large to be checked" in one.message]
    assert any("danger-close" in one.hint for one in told)
