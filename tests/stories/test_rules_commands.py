"""`triage assess` and `triage rules check`, through click and as a real program."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.adapters.test_rule_files import RULES, VOCABULARY, changed
from triage.adapters.rule_files import RuleFiles
from triage.entrypoints.commands.rules import SHIPPED_VOCABULARY, assess, rules

PROGRAM = (sys.executable, "-m", "triage.entrypoints.cli")
ARMED = {"facts": {"weapon": "in_hand"}}


@dataclass
class Tools:
    rule_reader: RuleFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    (tmp_path / "small.yaml").write_text(RULES, "utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, given: str | bytes | None = None) -> Result:
    """Run a command as `triage` would, in the folder with the rules."""
    command = assess if arguments[0] == "assess" else rules.commands[arguments[0]]
    paths = [
        str(folder / one) if one.endswith((".yaml", ".json")) else one for one in arguments[1:]
    ]
    return CliRunner().invoke(command, paths, input=given, obj=Tools(RuleFiles()))


def assessed(folder: Path, given: object, *more: str) -> Result:
    text = given if isinstance(given, str | bytes) else json.dumps(given)
    return run(folder, "assess", "--rules", "small.yaml", *more, "-", given=text)


def test_a_call_from_standard_input(folder: Path) -> None:
    result = assessed(folder, ARMED)

    assert result.exit_code == 0
    assert json.loads(result.stdout)["response"] == "police"
    assert result.stdout.count("\n") == 1


def test_a_call_from_a_file(folder: Path) -> None:
    (folder / "call.json").write_text(json.dumps(ARMED))

    result = run(folder, "assess", "--rules", "small.yaml", "call.json")

    assert json.loads(result.stdout)["response"] == "police"


def test_one_call_per_line_each_with_its_answer(folder: Path) -> None:
    lines = [json.dumps(ARMED), "", json.dumps({"narrative": "ein Über-Fall"}), "{}"]

    result = assessed(folder, "\n".join(lines), "--lines")

    assert result.exit_code == 0
    assert [json.loads(one)["response"] for one in result.stdout.splitlines()] == [
        "police",
        "line",
        "line",
    ]


def test_a_bad_line_is_named_and_the_others_are_still_assessed(folder: Path) -> None:
    result = assessed(folder, '{}\n{"facts": {"wepon": "in_hand"}}\n{\n{}\n', "--lines")

    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 2
    assert "line 2: facts.wepon: there is no such fact (did you mean weapon?)" in result.stderr
    assert "line 3: not JSON: " in result.stderr
    assert result.stderr.rstrip().endswith("at column 2")  # no second number of a line


@pytest.mark.parametrize(
    "given",
    [
        "",
        "[]",
        "{",
        "null",
        '"x"',
        '{"facts": 3}',
        b"\xff\xfe",
        "[" * 50_000,
        '{"facts": {"weapon": true}}',
        '{"x": 1}',
    ],
)
def test_what_is_not_a_call_ends_with_status_2_and_an_explanation(
    folder: Path, given: str | bytes
) -> None:
    result = assessed(folder, given)

    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.startswith("triage assess: ")


def test_a_call_of_two_megabytes_is_not_read(folder: Path) -> None:
    result = assessed(folder, json.dumps({"narrative": "x" * 2_000_000}))

    assert (result.exit_code, "1,000,000 bytes" in result.stderr) == (2, True)


def test_a_bad_rule_file_is_explained_with_its_place(folder: Path) -> None:
    (folder / "small.yaml").write_text(changed("require: police", "require: polise"))

    result = assessed(folder, ARMED)

    assert result.exit_code == 2
    assert (
        f"{folder}/small.yaml:21:14: error: require cannot be polise (did you mean police?)"
        in result.stderr
    )


@pytest.mark.parametrize("name", ["small.yaml", "vocabulary.yaml"])
@pytest.mark.parametrize("content", [b"", b"\xff", b"\x00\x01", b"a: &a [*a]", b"[" * 5_000])
def test_files_that_are_no_rules_end_with_status_2(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)

    result = assessed(folder, ARMED)

    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert name in result.stderr


def test_missing_files_are_told(folder: Path) -> None:
    (folder / "vocabulary.yaml").unlink()
    told = assessed(folder, ARMED).stderr  # by the shipped vocabulary then
    assert "small.yaml:" in told
    assert "there is no such response" in told
    assert run(folder, "assess", "--rules", "none.yaml", "-", given="{}").exit_code == 2


def test_the_vocabulary_may_lie_elsewhere(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "words.yaml"
    shutil.move(folder / "vocabulary.yaml", other)

    assert assessed(folder, ARMED, "--vocabulary", str(other)).exit_code == 0


def test_check_prints_every_finding_and_fails_on_errors(folder: Path) -> None:
    text = changed("weapon: in_hand", "wepon: in_hand")
    (folder / "small.yaml").write_text(changed('vocabulary: "1"', 'vocabulary: "2"', text))

    result = run(folder, "check", "small.yaml", "vocabulary.yaml")

    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        f"{folder}/small.yaml:8:13: warning: written for vocabulary 2, read with 1",
        f"{folder}/small.yaml:22:12: error: there is no fact wepon (did you mean weapon?)",
        f"{folder}/vocabulary.yaml: no findings",
    ]


def test_check_reads_every_file_whatever_another_holds(folder: Path) -> None:
    spanish, sixteen, large, misspelt, facts = (
        f"{name}.yaml" for name in ("latin", "sixteen", "large", "misspelt", "facts")
    )
    (folder / spanish).write_bytes("rule_set: a\ntitle: Peña\n".encode("latin-1"))
    (folder / sixteen).write_bytes("rule_set: a\n".encode("utf-16"))
    (folder / large).write_bytes(b"#" * 3_000_000)
    (folder / misspelt).write_text(changed("rule_set:", "ruleset:"), "utf-8")
    (folder / facts).write_text(changed("  weapon:", "  Weapon:", VOCABULARY), "utf-8")

    result = run(folder, "check", spanish, sixteen, large, misspelt, facts, "small.yaml")

    assert result.exit_code == 2
    said = result.stdout.replace(f"{folder}/", "")
    not_text = "error: this is not text in UTF-8: it cannot be a rule set"
    for line in (
        f"latin.yaml:2:10: {not_text} (perhaps Latin-1: save it as UTF-8)",
        f"sixteen.yaml:1:1: {not_text} (it looks like UTF-16: save it as UTF-8)",
        "large.yaml:1:1: error: the file has more than 2,097,152 bytes (no rule set has)",
        "misspelt.yaml:1:1: error: a rule set has no key ruleset (did you mean rule_set?)",
        "facts.yaml:6:3: error: a fact cannot be Weapon",
        "small.yaml:12:1: warning: no rule gives level 1",
    ):
        assert line in said


def test_check_says_with_which_vocabulary_a_file_is_read_where_none_stands_beside_it(
    folder: Path,
) -> None:
    assert "read with" not in run(folder, "check", "small.yaml").stderr
    (folder / "vocabulary.yaml").unlink()

    alone = run(folder, "check", "small.yaml")

    said = f"no vocabulary.yaml stands beside it, so it is read with {SHIPPED_VOCABULARY}"
    assert said in alone.stderr
    named = run(folder, "check", "--vocabulary", str(SHIPPED_VOCABULARY), "small.yaml")
    assert "read with" not in named.stderr


def test_check_passes_with_warnings_only(folder: Path) -> None:
    (folder / "small.yaml").rename(folder / "other.yaml")

    result = run(folder, "check", "other.yaml")

    assert result.exit_code == 0
    assert "warning: the rule set is called small (the file is called other.yaml)" in result.stdout


def test_check_finds_examples_that_do_not_hold(folder: Path) -> None:
    (folder / "small.yaml").write_text(changed("must_not: [line]", "must_not: [police]"))

    result = run(folder, "check", "small.yaml")

    assert "error: example “Armed”: police comes and must not (fired: armed)" in result.stdout


@pytest.mark.parametrize("command", [assess, rules.commands["check"]])
def test_help_shows_examples(command) -> None:
    assert "Examples:" in CliRunner().invoke(command, ["--help"]).stdout


def program(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=Path(__file__).parents[2],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_real_program_assesses_without_a_database(folder: Path) -> None:
    rules_file = str(folder / "small.yaml")

    done = program(folder, "assess", "--rules", rules_file, "-", given=json.dumps(ARMED))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["response"] == "police"


def test_the_real_program_explains_and_never_shows_a_traceback(folder: Path) -> None:
    rules_file = str(folder / "small.yaml")

    for arguments, given in (
        (("assess", "--rules", rules_file, "-"), "{"),
        (("assess", "--rules", "/nowhere.yaml", "-"), "{}"),
        (("rules", "check"), ""),
    ):
        done = program(folder, *arguments, given=given)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert done.stderr


def test_an_output_for_which_the_disk_has_no_room_is_told_in_a_sentence(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "assess", "--rules", str(folder / "small.yaml"), "-"],
            input=json.dumps(ARMED).encode(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    said = done.stderr.decode()
    assert done.returncode == 2
    assert said == "triage: the output could not be written: No space left on device\n"
