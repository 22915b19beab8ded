"""A supervisor tries new rules on past calls before anybody is bound by them."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.adapters.small_rule_file import READER, RULES, VOCABULARY, changed
from tests.world import World
from triage.adapters.rule_files import RuleFiles
from triage.context import AppContext
from triage.entrypoints.commands.backtest import backtest
from triage.entrypoints.commands.rules import SHIPPED_VOCABULARY
from triage.storage.calls import AssessmentRecord
from triage.storage.models import Base

COUNTY = SHIPPED_VOCABULARY.parent / "county-default.yaml"
PAST_CALLS = Path(__file__).parent / "data" / "past_calls.csv"
IN_NORWAY = """\
  - id: in-norway
    require: police
    when: {norway: no}
    if_unknown: does_not_hold
    because: Elsewhere nobody else may come.
    source: us
    standing: local_policy
examples:
"""
MOBILE_INSTEAD = changed(
    "expect: {response: police, level: B, must_not: [line], settled: yes}",
    "expect: {response: mobile}",
    changed("examples:\n", IN_NORWAY, changed("require: police", "require: mobile")),
).replace("scope: complete", "scope: illustration")
"""The mobile team goes where the police went. No centre could publish it, but all may try it."""
EVERYBODY_AT_ONCE = """
rules:
  - id: everybody-at-once
    level: "1"
    when: always
    if_unknown: does_not_hold
    because: Nobody waits.
    source: centre
    standing: local_policy
"""
SECRET = "he keeps a knife under Rosa's pillow"


@dataclass
class Tools:
    made: AppContext | None = None
    rule_reader: RuleFiles = READER

    def context(self) -> AppContext:
        assert self.made is not None, "no database was asked for"
        return self.made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small rules, new ones, and five calls of last spring."""
    (tmp_path / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    (tmp_path / "old.yaml").write_text(RULES, "utf-8")
    (tmp_path / "new.yaml").write_text(MOBILE_INSTEAD, "utf-8")
    calls = [
        {"facts": {"weapon": "in_hand"}, "narrative": SECRET, "situation": at("2026-03-02T23:10")},
        {"facts": {"weapon": "none_seen"}, "situation": at("2026-03-03T09:00")},
        {"facts": {"weapon": "in_hand"}, "situation": at("2026-03-02T23:50") | {"team_on": "no"}},
        {"facts": {"weapon": "unknown"}},
        {"facts": {"weapon": "in_hand", "norway": "yes"}},
    ]
    write(tmp_path, *calls)
    return tmp_path


def at(moment: str) -> dict[str, Any]:
    return {"now": f"{moment}:00-05:00"}


def write(folder: Path, *calls: object) -> None:
    lines = (one if isinstance(one, str) else json.dumps(one) for one in calls)
    (folder / "calls.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def run(folder: Path, *options: object, made: AppContext | None = None) -> Result:
    """`triage rules backtest new.yaml ...` in the folder."""
    given = ["new.yaml", *map(str, options)]
    files = (".yaml", ".jsonl", ".csv", ".json", ".png", ".svg", ".txt")
    paths = [str(folder / one) if one.endswith(files) else one for one in given]
    return CliRunner().invoke(backtest, paths, obj=Tools(made))


def tried(folder: Path, *options: object) -> Result:
    return run(folder, "--against", "old.yaml", "--calls", "calls.jsonl", *options)


def table(result: Result) -> list[str]:
    """The lines of the report, with single spaces."""
    assert result.exit_code == 0, (result.output, result.exception)
    return [re.sub(r"\s+", " ", line).strip() for line in result.stdout.splitlines()]


# --- what it says -------------------------------------------------------------------------------


def test_who_would_move_where_and_who_gets_less_comes_first(folder: Path) -> None:
    lines = table(tried(folder))

    assert lines[0] == "5 past calls, small 1 -> small 1"
    assert "3 60.0% move" in lines
    assert "LOOK AT THESE FIRST: 3 calls get less than before" in lines
    assert "3 60.0% nobody armed comes any more" in lines
    assert "2 40.0% Patrol -> Mobile team" in lines
    assert "1 20.0% Patrol -> Crisis line" in lines  # no mobile team was on shift
    assert lines.index("Who would move where") > lines.index("3 60.0% nobody armed comes any more")


def test_whether_the_rota_could_carry_it_is_told_by_hours(folder: Path) -> None:
    lines = table(tried(folder))

    assert "Mobile team 0 -> 2 0 -> 1 Mon 23:00, 0.0 -> 1.0 calls" in lines
    assert "Patrol 3 -> 0 0 -> 0 Mon 23:00, 2.0 -> 0.0 calls" in lines
    assert "23 2 too few to tell more" in lines


def test_groups_are_compared_by_the_answers_that_are_named(folder: Path) -> None:
    write(folder, *({"facts": {"weapon": "in_hand", "norway": "yes"}} for _ in range(12)), {})

    lines = table(tried(folder, "--by", "norway"))

    assert "yes 12 12 100.0% (76%-100%) 12 100.0% -> 0.0%" in lines
    assert "not known 1 too few to tell more" in lines
    assert any(line.startswith("Of fewer than 10 calls only") for line in lines)


def test_a_line_may_say_zone_and_language_of_its_call(folder: Path) -> None:
    (folder / "vocabulary.yaml").write_text(
        changed(
            "responses:\n",
            "  zone: {group: situation, type: code, ask: never}\nresponses:\n",
            VOCABULARY,
        ),
        "utf-8",
    )
    armed: dict[str, Any] = {"facts": {"weapon": "in_hand"}}
    north = [{**armed, "situation": {"zone": "North"}} for _ in range(12)]
    south = [{**armed, "zone": "South", "language": "es"} for _ in range(3)]
    write(folder, *north, *south)

    result = tried(folder, "--by", "zone", "--json", "counted.json")

    lines = table(result)
    assert "North 12 12 100.0% (76%-100%) 12 100.0% -> 0.0%" in lines
    assert "South 3 too few to tell more" in lines
    assert "es 3 too few to tell more" in lines
    groups = json.loads((folder / "counted.json").read_text("utf-8"))["groups"]
    assert [one["name"] for one in groups["zone"]] == ["North", "South"]


@pytest.mark.parametrize(
    ("line", "options", "said"),
    [
        ({"facts": {}}, ("--by", "zone"), "--by zone: no call says its zone"),
        ({"zone": 7}, (), "line 1: zone: a call has facts, narrative and situation"),
        ({"zone": "a" * 41}, (), "line 1: zone: a call has facts, narrative and situation"),
    ],
)
def test_a_label_that_is_none_is_told(folder: Path, line: Any, options: Any, said: str) -> None:
    write(folder, line)

    result = tried(folder, *options)

    assert result.exit_code == 2
    assert said in result.stderr


def test_rules_that_say_the_same_move_nobody(folder: Path) -> None:
    (folder / "new.yaml").write_text(RULES, "utf-8")

    lines = table(tried(folder, "--plot", "same.png"))

    assert "No call gets less than before." in lines
    assert "Every call keeps its response." in lines
    assert (folder / "same.png").read_bytes().startswith(b"\x89PNG")


def test_more_minutes_at_the_same_level_are_less_than_before(folder: Path) -> None:
    slower = changed("within_min: 30", "within_min: 90", RULES)
    (folder / "new.yaml").write_text(slower, "utf-8")

    lines = table(tried(folder, "--csv", "moved.csv", "--json", "all.json", "--plot", "moves.png"))

    assert "No call gets less than before." not in lines
    assert "LOOK AT THESE FIRST: 5 calls get less than before" in lines
    assert "5 100.0% a longer time until somebody is to be there" in lines
    assert "3 Patrol (SOON, within 30 min) -> Patrol (SOON, within 90 min)" in lines
    moved = list(csv.DictReader((folder / "moved.csv").read_text("utf-8").splitlines()))
    assert [one["falls"] for one in moved] == ["waits_longer"] * 5
    counted = json.loads((folder / "all.json").read_text("utf-8"))
    assert counted["moved"]["time"] == counted["falls"]["waits_longer"] == 5
    assert counted["moved"]["level"] == counted["falls"]["less_urgent"] == 0

    (folder / "old.yaml").write_text(slower, "utf-8")  # the other way round nobody gets less
    (folder / "new.yaml").write_text(RULES, "utf-8")
    assert "No call gets less than before." in table(tried(folder))


def test_a_line_for_each_moved_call_with_its_rules_and_nothing_personal(folder: Path) -> None:
    assert tried(folder, "--csv", "moved.csv").exit_code == 0

    text = (folder / "moved.csv").read_text("utf-8")
    moved = list(csv.DictReader(text.splitlines()))
    assert [one["call"] for one in moved] == ["line 1", "line 3", "line 5"]
    assert moved[1] == {
        "call": "line 3",
        "falls": "armed_no_longer required_no_longer",
        "old_response": "police",
        "new_response": "line",
        "old_level": "B",
        "new_level": "B",
        "old_also": "",
        "new_also": "",
        "old_rules": "armed",
        "new_rules": "armed fallback",
    }
    assert not any(word in text for word in ("Rosa", "knife", "norway", "yes"))


def test_everything_that_is_counted_is_there_for_programs(folder: Path) -> None:
    result = tried(folder, "--json", "all.json", "--by", "weapon")
    assert result.exit_code == 0

    counted = json.loads((folder / "all.json").read_text("utf-8"))
    assert counted["calls"] == 5
    assert counted["moved"] == {"calls": 3, "response": 3, "level": 0, "time": 0, "also": 0}
    assert counted["falls"]["armed_no_longer"] == 3
    assert counted["falls"]["moves"][0] == {
        "old": "police",
        "new": "mobile",
        "old_level": "B",
        "new_level": "B",
        "calls": 2,
    }
    assert {"old": "line", "new": "line", "calls": 2} in counted["responses"]
    assert counted["hours"][23]["calls"] == 2
    mobile = next(one for one in counted["demand"] if one["response"] == "mobile")
    assert (mobile["new"], mobile["unserved_new"], sum(mobile["by_hour_new"])) == (2, 1, 1)
    assert "Rosa" not in json.dumps(counted)


def test_of_a_group_of_few_calls_programs_are_told_how_many_and_no_more(folder: Path) -> None:
    twelve = ({"facts": {"weapon": "in_hand", "norway": "yes"}} for _ in range(12))
    write(folder, *twelve, *({"facts": {"weapon": "in_hand"}} for _ in range(9)))

    assert tried(folder, "--json", "all.json", "--by", "norway").exit_code == 0

    many, few = json.loads((folder / "all.json").read_text("utf-8"))["groups"]["norway"]
    assert (many["name"], many["calls"], many["moved"], many["fallen"]) == ("yes", 12, 12, 12)
    assert many["moved_between"][0] == pytest.approx(0.757, abs=0.001)
    assert few == {
        "name": "not known",
        "calls": 9,
        "moved": None,
        "fallen": None,
        "police_old": None,
        "police_new": None,
        "moved_between": None,
    }


@pytest.mark.parametrize(
    ("option", "name"), [("--csv", "a.csv"), ("--json", "a.json"), ("--plot", "a.png")]
)
def test_what_is_written_is_for_its_owner_alone(folder: Path, option: str, name: str) -> None:
    before = os.umask(0)  # a careless account
    try:
        assert tried(folder, option, name).exit_code == 0
    finally:
        os.umask(before)

    assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_a_call_whose_number_is_a_formula_is_text_for_a_spreadsheet(tmp_path: Path) -> None:
    text = COUNTY.read_text("utf-8").partition("\nexamples:")[0] + "\nexamples: []\n"
    (tmp_path / "old.yaml").write_text(text, "utf-8")
    (tmp_path / "new.yaml").write_text(changed("\nrules:\n", EVERYBODY_AT_ONCE, text), "utf-8")
    header, row, *_ = PAST_CALLS.read_text("utf-8").splitlines()
    rows = [f"{sign}1+1,{row.partition(',')[2]}" for sign in "=+-@"]
    (tmp_path / "calls.csv").write_text("\n".join([header, *rows, ""]), "utf-8")
    options = ("--calls", "calls.csv", "--map", "alexandria", "--csv", "moved.csv")

    done = run(tmp_path, "--against", "old.yaml", *options)
    assert done.exit_code == 0, done.stderr

    moved = csv.DictReader((tmp_path / "moved.csv").read_text("utf-8").splitlines())
    assert [one["call"] for one in moved] == ["'=1+1", "'+1+1", "'-1+1", "'@1+1"]


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_the_picture_is_drawn_the_same_every_time(folder: Path, name: str, begins: bytes) -> None:
    assert tried(folder, "--plot", name).exit_code == 0
    first = (folder / name).read_bytes()
    assert tried(folder, "--plot", name).exit_code == 0

    assert first.startswith(begins)
    assert (folder / name).read_bytes() == first
    if name.endswith("svg"):
        assert b"<path" in first


def test_an_hour_of_few_calls_is_left_out_of_the_picture(folder: Path) -> None:
    def bars(*, late: int) -> int:
        moved = {"facts": {"weapon": "in_hand"}}
        early = [moved | {"situation": at("2026-03-02T09:00")}] * 10
        write(folder, *early, *[moved | {"situation": at("2026-03-02T23:10")}] * late)
        assert tried(folder, "--plot", "hours.svg").exit_code == 0
        return (folder / "hours.svg").read_text("utf-8").count("opacity: 0.75")

    assert bars(late=10) == bars(late=9) + 2  # those that get less, and other moves


def test_nothing_is_written_but_what_was_asked_for(folder: Path) -> None:
    before = {file.name for file in folder.iterdir()}

    assert tried(folder).exit_code == 0

    assert {file.name for file in folder.iterdir()} == before


# --- what cannot be compared --------------------------------------------------------------------


def test_a_line_that_is_no_call_is_named_and_the_others_are_compared(folder: Path) -> None:
    bad = ({"facts": {"wepon": "in_hand"}}, "{", "x" * 1_200_000, "", {"narrative": 3})
    write(folder, *bad, {"facts": {"weapon": "in_hand"}})

    result = tried(folder)

    assert result.exit_code == 2
    assert "1 past call, " in result.stdout
    assert "4 calls could not be used" in result.stdout
    assert "line 1: facts.wepon: there is no such fact (did you mean weapon?)" in result.stderr
    assert "line 2: not JSON" in result.stderr
    assert "line 3: a call has at most 1,000,000 bytes" in result.stderr
    assert "line 5: narrative: the narrative is a text" in result.stderr
    assert "line 4" not in result.stderr


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no calls": (("--against", "old.yaml"), "either --calls FILE or --database"),
    "calls twice": (
        ("--against", "old.yaml", "--calls", "calls.jsonl", "--database"),
        "either --calls FILE or --database",
    ),
    "no old rules": (("--calls", "calls.jsonl"), "name the old rules with --against"),
    "map without file": (("--database", "--map", "alexandria"), "it goes with --calls"),
    "picture": (
        ("--against", "old.yaml", "--calls", "calls.jsonl", "--plot", "a.txt"),
        "ends in .png or .svg",
    ),
    "folder": (
        ("--against", "old.yaml", "--calls", "calls.jsonl", "--csv", "none/a.csv"),
        "there is no folder",
    ),
    "group": (
        ("--against", "old.yaml", "--calls", "calls.jsonl", "--by", "contacts_last_30_days"),
        "no such question with answers to choose from",
    ),
    "map": (
        ("--against", "old.yaml", "--calls", "calls.jsonl", "--map", "atlantis"),
        "there is no atlantis; there are:",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_go_together_is_refused_with_a_sentence(folder: Path, what: str) -> None:
    options, said = REFUSED[what]

    result = run(folder, *options)

    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert said in result.stderr
    assert result.stdout == ""


def test_a_file_without_calls_is_refused(folder: Path) -> None:
    write(folder, "")

    result = tried(folder)

    assert (result.exit_code, "no calls to compare" in result.stderr) == (2, True)


@pytest.mark.parametrize("name", ["old.yaml", "new.yaml"])
def test_a_bad_rule_file_is_explained_with_its_place(folder: Path, name: str) -> None:
    (folder / name).write_text(changed("require: police", "require: polise"))

    result = tried(folder)

    assert result.exit_code == 2
    assert f"{folder}/{name}:21:14: error: require cannot be polise" in result.stderr


def test_a_file_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "moved.csv").mkdir()

    assert tried(folder, "--csv", "moved.csv").exit_code == 2


# --- another system's file ----------------------------------------------------------------------


def test_another_systems_file_is_read_by_its_map(tmp_path: Path) -> None:
    text = COUNTY.read_text("utf-8").partition("\nexamples:")[0] + "\nexamples: []\n"
    (tmp_path / "old.yaml").write_text(text, "utf-8")
    response = "default:\n  response: co_responder"
    (tmp_path / "new.yaml").write_text(changed(response, response[:-12] + "police", text), "utf-8")
    options = ("--calls", PAST_CALLS, "--map", "alexandria", "--json", "all.json")

    result = run(tmp_path, "--against", "old.yaml", *options)

    assert result.exit_code == 0, (result.output, result.exception)
    counted = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert counted["calls"] == 9  # each once, and one that says it comes from the future
    assert counted["hours"][8]["calls"] > 0
    assert "line 18: ragged row" in result.stderr
    assert "calls could not be used" in result.stdout


# --- the centre's own calls ---------------------------------------------------------------------


def live_text(world: World) -> str:
    from triage.services import rule_sets

    with world.context.reading() as uow:
        return rule_sets.live_version(uow, world.centre.policy.rule_set).yaml


def patrol_for_weapons(text: str) -> str:
    """The rules, but any patrol goes where a weapon is in hand."""
    text = text.partition("\nexamples:")[0] + "\nexamples: []\n"
    rule = "- id: weapon-in-hand\n    require: police"
    return changed(f"{rule}_cit\n", f"{rule}\n", text)


def test_the_live_rules_are_tried_against_on_the_centres_own_calls(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text(patrol_for_weapons(live_text(world)), "utf-8")
    facts = {"problem_type": "mental_health_crisis", "consciousness": "alert"}
    armed = world.call({**facts, "weapon": "in_hand"}, narrative=SECRET, zone="Downtown")
    world.call({**facts, "weapon": "none_confirmed"}, language="es")
    before = {table.name: count_rows(world, table) for table in Base.metadata.sorted_tables}

    result = run(tmp_path, "--database", "--csv", "moved.csv", made=world.context)

    lines = table(result)
    assert lines[0].startswith("2 past calls, county-default")
    assert any(line.startswith("Downtown 1 too few") for line in lines)
    assert any(line.startswith("es 1 too few") for line in lines)
    moved = (tmp_path / "moved.csv").read_text("utf-8")
    assert [one["call"] for one in csv.DictReader(moved.splitlines())] == [armed.reference]
    assert "Rosa" not in moved + result.output
    assert {table.name: count_rows(world, table) for table in Base.metadata.sorted_tables} == before


def count_rows(world: World, table: Any) -> int:
    with world.context.reading() as uow:
        return len(uow.session.execute(select(table)).all())


def test_each_call_counts_once_with_the_answers_it_has_now(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage.services import backtests, calls

    (tmp_path / "new.yaml").write_text(patrol_for_weapons(live_text(world)), "utf-8")
    monkeypatch.setattr(backtests, "BATCH", 2)  # several batches of few calls
    for _ in range(5):
        call = world.call({"problem_type": "welfare_check"})
        world.context.do(
            "test",
            lambda uow, call=call: calls.add_answers(
                uow, world.centre, calls.by_reference(uow, call.reference), {"weapon": "in_hand"}
            ),
        )
    with world.context.reading() as uow:
        assert len(uow.session.scalars(select(AssessmentRecord.id)).all()) == 10

    result = run(tmp_path, "--database", "--json", "all.json", made=world.context)

    assert result.exit_code == 0, (result.output, result.exception)
    counted = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert (counted["calls"], counted["moved"]["calls"]) == (5, 5)


def test_a_call_that_the_vocabulary_cannot_read_any_more_is_told_and_left_out(
    world: World, folder: Path
) -> None:
    world.call({"problem_type": "welfare_check"})
    with world.context.unit_of_work("test") as uow:
        record = uow.session.scalars(select(AssessmentRecord)).one()
        record.input = json.dumps({"facts": {"long_gone": "yes"}})
    text = live_text(world).partition("\nexamples:")[0] + "\nexamples: []\n"
    (folder / "new.yaml").write_text(text, "utf-8")

    result = run(folder, "--database", "--vocabulary", str(SHIPPED_VOCABULARY), made=world.context)

    assert result.exit_code == 2
    assert "facts.long_gone: there is no such fact" in result.stderr
    assert "there are no calls to compare" in result.stderr


# --- as a program -------------------------------------------------------------------------------


def test_as_a_real_program_with_nothing_but_files(folder: Path) -> None:
    command = [sys.executable, "-m", "triage.entrypoints.cli", "rules", "backtest", "new.yaml"]
    options = ["--against", "old.yaml", "--calls", "calls.jsonl", "--plot", "a.svg"]

    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "Reading past calls\n")
    assert "Patrol -> Mobile team" in done.stdout
    assert (folder / "a.svg").exists()


def test_assessing_a_call_needs_neither_numbers_nor_pictures() -> None:
    said = (
        "import sys, triage.entrypoints.cli as c; print({'numpy', 'matplotlib'} & {*sys.modules})"
    )

    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
