"""What a tired supervisor writes that is not, or is too much, YAML: told in words, and as far as
the file can be read everything else that is wrong with it is told as well."""

import pytest
import yaml

from tests.adapters.small_rule_file import READER, RULES, VOCABULARY, changed, vocabulary
from triage.adapters.yaml_slips import slip
from triage.domain.errors import RuleFileError


def told(text: str) -> list[str]:
    """All errors, with their places."""
    found = READER.check_rule_set(text, vocabulary())
    return [str(one).replace(" error: ", " ") for one in found if one.severity == "error"]


MISSPELT = changed("when: {weapon: in_hand}", "when: {wepon: in_hand}")
THE_MISSPELT = "22:12: there is no fact wepon (did you mean weapon?)"
"""As it reads in its own place; other slips stand behind it."""


class TestOneSlipHidesNoOther:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            (
                "standing: local_policy\nexamples",
                "standing: local_policy\n    id: b\nexamples",
                "id",
            ),
            ("expect: {", "expect:\t{", "a tab (use spaces)"),
            ("standing: local_policy\nexamples", "standing: &p local_policy\nexamples", "anchor"),
            ("because: A weapon is in hand.", "because: ! A weapon is in hand.", "a tag (!)"),
            ("because: A weapon is", "because: A weapon\u200b is", "ZERO WIDTH SPACE (U+200B)"),
            ("because: A weapon is", "because: A weapon\x00 is", "cannot be shown (U+0000)"),
            ("facts: {weapon: in_hand}", "facts: {[weapon]: in_hand}", "as a key"),
            ("because: A weapon is in hand.", "because: A weapon: in hand.", "a second colon"),
            ("  - name: Armed\n", "\t- name: Armed\n", "a line that begins with a tab"),
            ("expect: {", "expect: [", "that ends what was opened"),
        ],
        ids=lambda it: None,
    )
    def test_both_are_told(self, old: str, new: str, words: str) -> None:
        """What stands before a slip was read even where nothing behind it can be."""
        misspelt = changed("asks: weapon", "asks: wepon").replace("prompts:\n", "prompts:\n", 1)
        assert old in misspelt

        found = told(misspelt.replace(old, new, 1))

        assert any(words in one for one in found), found
        assert any("did you mean weapon?" in one for one in found), found

    def test_what_an_alias_stands_for_is_read_in_its_place(self) -> None:
        """No rule lacks what an alias or a merge key gives it, so only both are told."""
        text = changed("when: {weapon: in_hand}", "when: &armed {weapon: in_hand}").replace(
            "examples:",
            "  - <<: {because: It is so., source: us, standing: local_policy}\n"
            "    id: urgent\n    level: '1'\n    when: *armed\n    if_unknown: holds\nexamples:",
        )

        assert [one.split(" (")[0] for one in told(text)] == [
            "22:11: an anchor",
            "27:5: a merge key",
            "30:11: an alias",
        ]

    def test_an_alias_of_nothing_or_of_itself_is_told_once(self) -> None:
        for text in ("title: *nobody\n", "title: &a [*a]\n"):
            found = told(changed("title: Small\n", text))

            assert any("an alias" in one for one in found)
            assert not any("lacks" in one for one in found)

    def test_a_second_document_is_not_read(self) -> None:
        found = told(f"{MISSPELT}---\nnonsense: 1\n")

        assert found == [
            THE_MISSPELT,
            "33:1: a second document (one file holds one; nothing after this was read)",
        ]

    def test_what_breaks_off_lacks_nothing(self) -> None:
        """Half a file says little about the other half."""
        for line in range(2, RULES.count("\n")):
            lines = MISSPELT.split("\n")
            lines.insert(line, "}")

            found = told("\n".join(lines))

            assert found[-1].endswith("nothing after this was read)"), found
            assert (THE_MISSPELT in found) is (line > 26), found
            assert len(found) <= 2, found

    def test_behind_a_text_that_wants_quotes_reading_goes_on(self) -> None:
        """They are what is mended most often; 'because: A weapon: in hand' and the like."""
        text = changed("title: Small\n", "title: @small\n")
        text = text.replace("about: For tests.", 'about: "Tests": all "of" them', 1)
        assert [one.split(": ")[0] for one in told(text)] == ["3:8", "5:15"]
        text = text.replace('about: "Tests": all "of" them', "about: For: tests\\ and: all.", 1)
        text = text.replace("because: A weapon is", 'because: A "weapon": is', 1)
        text = text.replace("settled: yes", "setled: yes", 1)

        assert [one.split(" (")[0] for one in told(text)] == [
            "3:8: no text may begin with @",
            "5:11: a second colon in one line",
            "24:24: a second colon in one line",
            "32:60: expect has no key setled",
        ]

    def test_where_quotes_would_not_do_it_ends(self) -> None:
        text = changed("because: A weapon is", "because: A weapon: is\n      here, and it is")

        (one,) = told(text)

        assert one.startswith("24:22: a second colon")
        assert one.endswith("nothing after this was read)")

    def test_of_a_key_that_stands_twice_both_are_read(self) -> None:
        again = "rules:\n  - {id: b, requir: line}\nexamples:"
        found = told(MISSPELT.replace("examples:", again, 1))

        assert THE_MISSPELT in found
        assert any("no key requir (did you mean require?)" in one for one in found)
        assert any(one.startswith("27:1: rules stands twice") for one in found)

    def test_a_vocabulary_tells_all_at_once_too(self) -> None:
        text = changed("weapon:\n", "weapon:\n    tpye: choice\n", VOCABULARY)
        text = text.replace("partners: [shelter]", "partners: [shelter]\npartners: [shel\u2060ter]")

        with pytest.raises(RuleFileError) as refused:
            READER.read_vocabulary(text)

        words = [finding.message for finding in refused.value.findings]
        assert words[0] == "partners stands twice in one mapping"
        assert words[1] == "a character that nobody sees: WORD JOINER (U+2060)"
        assert any("no key tpye" in one for one in words)


UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"),
    *("\u061c", "\u00ad", "\u2060", "\ufeff", "\u3164", "\u115f", "\u1160", "\u180e", "\uffa0"),
    *("\U000e0001", "\U000e0061", "\U000e007f", "\ufe0f", "\u034f", "\u00a0", "\u2028", "\x85"),
]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
def test_what_nobody_sees_is_refused_by_name_wherever_it_stands(character: str) -> None:
    name = f"(U+{ord(character):04X})"
    for old in (
        "- id: ar|med",
        "    requ|ire: police",
        "asks: wea|pon",
        "terms: {en: [kn|ife",
        "because: A wea|pon",
        "title: Sm|all",
        "facts: {weapon: in|_hand}",
    ):
        text = changed(old.replace("|", ""), old.replace("|", character))

        found = told(text)  # an id with a space in it is told of as well

        before = text[: text.index(character)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        assert any(one.startswith(f"{line}:{column}: ") and name in one for one in found)
        assert len(found) == 1 or character == "\u00a0"  # a space where none may stand
    (one,) = told(changed("title: Small", f'title: "Sm\\U{ord(character):08X}all"'))
    assert name in one
    with pytest.raises(RuleFileError, match=rf"U\+{ord(character):04X}"):
        READER.read_vocabulary(changed("en: In hand", f"en: In {character}hand", VOCABULARY))


SLIPS = {
    "a colon in a text": ("a: Note: x\n", "1:8: a second colon in one line"),
    "indented too far": ("r:\n  - id: a\n     b: c\n", "3:7: this line is indented too far"),
    "indented too little": (
        "r:\n  - id: a\n    b: c\n   d: e\n",
        "4:4: this line is neither an entry of the list nor a part of one",
    ),
    "a key beside the others": ("r:\n  - id: a\n b: c\n", "3:2: this line is indented otherwise"),
    "a key before the others": ("  a: 1\nb: 2\n", "2:1: this line begins further to the left"),
    "an open quote": ('a: "x\nb: 1\n', "1:4: the quote that opens here is never closed"),
    "an apostrophe": ("a: 'don't do it'\n", "1:9: the text ended with the ' before this"),
    "a quote in quotes": ('a: "he said "x" y"\n', '1:14: the text ended with the " before this'),
    "an open bracket": (
        "a: [x, y\nb: 1\n",
        "2:2: a comma is missing before this, or the ] that ends what was opened in line 1",
    ),
    "a brace with no comma": ("a: {x: 1 y: 2}\n", "1:11: a comma is missing before this, or the }"),
    "a bracket too many": ("a: [x]]\n", "1:7: a ] that closes nothing"),
    "a text after a brace": ("a: {name} called\n", "1:11: the text ended with the } before this"),
    "an equals sign": ("a = 1\nb: 2\n", "1:1: no key with a colon and a space behind it"),
    "no space": ("a:1\nb: 2\n", "1:1: no key with a colon and a space behind it"),
    "no colon": ("a: 1\nb 2\nc: 3\n", "2:1: a colon is missing behind this key"),
    "an at sign": ("a: @home\n", "1:4: no text may begin with @"),
    "stars": ("a: **bold** x\n", "1:4: no text may begin with *"),
    "an ampersand": ("a: & x\n", "1:4: no text may begin with &"),
    "a question mark": ("a: ? x\n", "1:4: no text may begin with ?"),
    "a percent sign": ("%a: x\n", "1:1: no text may begin with %"),
    "a dash": ("a: - x\n", "1:4: a list begins in the middle of a line"),
    "a key in a list": ("a:\n  - x\n  b: 1\n", "3:3: this line is neither an entry"),
    "a dash in a mapping": ("a:\n  b: 1\n  - x\n", "3:3: this line is indented otherwise"),
    "a backslash": ('a: "C:\\users"\n', "no such escape"),
    "a sign for long texts": ("a: >x\n", "1:5: a text stands in the line of its > or |"),
    "a comma too many": ("a: [x,, y]\n", "1:7: something is missing before this"),
    "a tab": ("a:\n\tb: 1\n", "2:1: a line that begins with a tab"),
    "a long key": ("x" * 1_100 + ": 1\n", "1:1: a key is longer than 1,024 characters"),
}


@pytest.mark.parametrize("parser", [yaml.CBaseLoader, yaml.BaseLoader])
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_in_words_whichever_parser_met_it(name: str, parser: type) -> None:
    text, words = SLIPS[name]

    with pytest.raises(yaml.MarkedYAMLError) as met:
        list(iter(parser(text).get_event, None))

    assert words in str(slip(met.value, text)).replace(" error: ", " ")


IN = "when: {weapon: in_hand}"
MEANT = {
    "an equals sign": (IN, "when: {weapon = in_hand}", "22:12: there is no fact weapon = "),
    "no space": (IN, "when: {weapon:in_hand}", "write weapon: in_hand, with a colon and a space"),
    "no colon": (IN, "when: {weapon in_hand}", "write weapon: in_hand, with a colon and a space"),
    "and": (IN, "when: {and: [{weapon: in_hand}]}", "there is no fact and (write all)"),
    "or": (IN, "when: {or: [{weapon: in_hand}]}", "there is no fact or (write any)"),
    "not": (IN, "when: {not: [{weapon: in_hand}]}", "there is no fact not (write none)"),
    "a sign": (IN, 'when: {contacts_last_30_days: {">=": 3}}', "comparison >= (write at_least)"),
    "signs in a text": (IN, 'when: {contacts_last_30_days: ">= 3"}', "{at_least: 3}"),
    "a number by its power": (IN, "when: {contacts_last_30_days: 1e2}", "1e2 is not a number"),
    "a number without end": (IN, "when: {contacts_last_30_days: .inf}", ".inf is not a number"),
    "other digits": (IN, "when: {contacts_last_30_days: ٣}", "٣ is not a number"),
    "other digits in minutes": ("within_min: 30", "within_min: ٣٠", "14:47: within_min is a whole"),
    "a comma in minutes": ("within_min: 30", "within_min: 1,000", "14:49: a level has no key 000"),
    "curly quotes": (IN, "when: {weapon: “in_hand”}", "in_hand? “ is LEFT DOUBLE QUOTATION MARK"),
    "another alphabet": (IN, "when: {wеapon: in_hand}", "weapon? е is CYRILLIC SMALL LETTER IE"),
    "Norway": (IN, "when: {norway: No}", "22:20: norway cannot be No (did you mean no?)"),
    "true": (IN, "when: {norway: true}", "norway cannot be true (one of: yes, no)"),
    "nothing": (IN, "when:\n    weapon: in_hand", "22:10: no condition (write {fact: value}"),
    "no list": (IN, "when: {any: {weapon: in_hand}}", "begin each entry with a dash and a space"),
    "no mapping": ("ask: {wait_min: 5, then: mobile}", "ask: mobile",
                   "write key: value for each of: wait_min, then"),
    "a day": ("    source: us\n", "    source: us\n    from: 11/01/2026\n",
              "from is a date such as 2026-11-23, not 11/01/2026"),
    "a level's word": ("require: police", "level: SOON", "level cannot be SOON (one of: 1, B)"),
    "an example's number": ("minutes_to: {mobile: 12.5}", "minutes_to: {mobile: 1_000}",
                            "situation.minutes_to.mobile"),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_was_meant_is_told_with_its_place(name: str) -> None:
    old, new, words = MEANT[name]

    found = told(changed(old, new))

    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("Room #3 has a weapon.", "Room"),
        ("A weapon is in hand. #urgent", "A weapon is in hand."),
        ("A weapon is in hand.  # as the council decided", None),
        ('"Room #3 has a weapon."', None),
        ("Room#3 has a weapon.", None),
        (">-\n      Note: room #3 has a weapon.", None),
    ],
)
def test_what_a_number_sign_takes_from_a_sentence_is_told(written: str, says: str | None) -> None:
    text = changed("because: A weapon is in hand.", f"because: {written}")

    warned = [str(one) for one in READER.check_rule_set(text, vocabulary())]

    cut = [one for one in warned if "a comment begins with #" in one]
    assert [one.split(":")[:2] for one in cut] == ([["24", "14"]] if says else [])
    assert all(f"this says only {says}: " in one for one in cut)
