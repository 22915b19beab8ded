"""The list of a file's rules: found without reading it as YAML."""

from triage.domain.rule_outline import named_in, outline

TEXT = """\
rule_set: small
levels:
  - {id: "1", rank: 1, label: NOW}
rules:
  - id: hurt
    require: ems
    because: "Somebody is hurt."
  # ==== 2. Who may not come ====
  - id: no-police
    exclude: police
    because: Nobody is in danger: they would frighten
  - {id: short, require: ems, because: Short}
  - require: [ems
    id: late-name
examples:
  - {id: not-a-rule}
"""


def told(text: str) -> list[tuple[str, int, list[tuple[str, int, str]]]]:
    return [
        (part.title, part.line, [(one.id, one.line, one.because) for one in part.rules])
        for part in outline(text)
    ]


def test_a_text_that_is_no_yaml_has_its_keys_headings_and_rules() -> None:
    assert told(TEXT) == [
        ("rule_set", 1, []),
        ("levels", 2, []),
        ("rules", 4, [("hurt", 5, "Somebody is hurt.")]),
        (
            "2. Who may not come",
            8,
            [
                ("no-police", 9, "Nobody is in danger: they would frighten"),
                ("short", 12, ""),
                ("late-name", 14, ""),
            ],
        ),
        ("examples", 15, []),
    ]


def test_a_sentence_names_rules_by_their_whole_ids() -> None:
    found = named_in("late-name is shadowed by no-police; fired: hurt-badly, short", outline(TEXT))

    assert [rule.id for rule in found] == ["no-police", "short", "late-name"]


def test_a_line_of_a_million_spaces_is_passed_at_once() -> None:
    assert outline(f"rules:\n  # =={' ' * 1_000_000}x")[-1].title == "x"
