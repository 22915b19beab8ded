"""Rows of somebody else's file, read by a map: what they are to us, and what is wrong with them."""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triage.app import rule_reader
from triage.domain.csv_rows import TOO_LONG, BadRow, FileRefused, Row, as_text, read_rows
from triage.domain.import_maps import ImportMapError, read_import_map
from triage.domain.imports import ImportMap, LeftOut, PastCall, in_order_of_time, read_past_call

ROOT = Path(__file__).parents[2]
VOCABULARY = rule_reader().read_vocabulary((ROOT / "rules/vocabulary.yaml").read_text())
RAW: dict[str, Any] = {
    "name": "town",
    "title": "A town",
    "time_zone": "America/New_York",
    "nulls": ["NULL", "-9999"],
    "columns": {
        "number": "No",
        "received_at": "Start",
        "problem": "Type",
        "disposition": "End",
        "reopened": "Again",
        "arrived_at": "Arrival",
    },
    "answers": {
        "Type": {"MENTAL": {"problem_type": "mental_health_crisis"}, "DRUNK": {}},
        "How": {"Text": {"contact_channel": "text"}},
    },
    "leave_out": {"test call": {"problem": ["TEST"], "disposition": ["TST"]}},
}
HEADER = "No,Start,Type,End,Again,Arrival,How,Taker"


def town(**changed: Any) -> ImportMap:
    return read_import_map({**RAW, **changed}, VOCABULARY)


def read(row: str, mapping: ImportMap | None = None) -> PastCall | LeftOut | BadRow:
    mapping = mapping or town()
    (one,) = read_rows([f"{HEADER}\n", f"{row}\n"], mapping.needed)
    assert isinstance(one, Row), one
    return read_past_call(mapping, one)


def past(row: str) -> PastCall:
    read_row = read(row)
    assert isinstance(read_row, PastCall), read_row
    return read_row


def test_a_call_is_what_its_row_says() -> None:
    call = past("7,2024-07-01 08:00:00.000,MENTAL,NR-No Report,0,2024-07-01 08:12:30,Text,CT9")

    assert call.line == 2
    assert call.number == "7"
    assert call.received_at == datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert call.answers == {"problem_type": "mental_health_crisis", "contact_channel": "text"}
    assert call.dispositions == ("NR",)
    assert call.arrived_after_s == 750
    assert not call.reopened
    assert "CT9" not in call.gist


@pytest.mark.parametrize("nothing", ["", "NULL", "null", " NULL ", "-9999", "\u00a0"])
def test_words_and_numbers_that_say_nothing_are_nothing(nothing: str) -> None:
    call = past(f"{nothing},2024-07-01 08:00:00,MENTAL,{nothing},{nothing},{nothing},{nothing},")

    assert call.number is None
    assert call.dispositions == ()
    assert call.arrived_after_s is None
    assert not call.reopened
    assert call.answers == {"problem_type": "mental_health_crisis"}


def test_an_arrival_before_the_call_is_no_arrival() -> None:
    call = past("7,2024-07-01 08:00:00,MENTAL,,0,2024-07-01 07:59:59,,")

    assert call.arrived_after_s is None
    assert call.arrival_out_of_order
    assert not past("7,2024-07-01 08:00:00,MENTAL,,0,2024-07-01 08:00:00,,").arrival_out_of_order


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("CN-Cancellation,NR-No Report", ("CN", "NR")),
        ("CC-Call Completed,MS-Honest Mi", ("CC", "MS")),
        ("CN-Call Canceled by Caller,CNO", ("CN", "CNO")),
        ("CAD2CAD", ("CAD2CAD",)),
        (" , ,-,see note of officer,NR-a,NR-b", ("NR",)),
    ],
)
def test_dispositions_are_joined_by_commas_and_cut_off(cell: str, codes: tuple[str, ...]) -> None:
    assert past(f'7,2024-07-01 08:00:00,MENTAL,"{cell}",0,,,').dispositions == codes


def test_calls_the_map_leaves_out_are_known_by_problem_or_disposition() -> None:
    assert read("7,NULL,TEST,,,,,") == LeftOut(2, "test call")
    assert read('7,NULL,MENTAL,"NR-x,TST-Test Call",,,,') == LeftOut(2, "test call")
    assert read("7,NULL,BURGLARY,TST,,,,") == LeftOut(2, "test call")


def test_other_problems_are_out_of_scope_whatever_else_stands_there() -> None:
    assert read("7,NULL,BURGLARY,,,,,") == LeftOut(2, "out of scope")
    assert isinstance(read("7,2024-07-01 08:00:00,DRUNK,,,,,"), PastCall)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,2024-07-01 08:00:00,NULL,,,,,", "no problem type"),
        ("7,NULL,MENTAL,,,,,", "no time"),
        ("7,07/01/2024 08:00,MENTAL,,,,,", "no time"),
        ("7,2024-02-30 08:00:00,MENTAL,,,,,", "no time"),
        ("7,1900-01-00,MENTAL,,,,,", "no time"),
        ("7,0001-01-01 00:00:00,MENTAL,,,,,", "no time"),
        ("7,1899-12-31 00:00:00,MENTAL,,,,,", "no time"),
        ("7,45000,MENTAL,,,,,", "no time"),
        ("7 8,2024-07-01 08:00:00,MENTAL,,,,,", "unusable number"),
        (f"{'7' * 65},2024-07-01 08:00:00,MENTAL,,,,,", "unusable number"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(row: str, reason: str) -> None:
    refused = read(row)

    assert isinstance(refused, BadRow)
    assert (refused.line, refused.reason) == (2, reason)


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2024-11-03 00:30:00", "2024-11-03T04:30:00+00:00"),
        ("2024-11-03 01:30:00", "2024-11-03T05:30:00+00:00"),  # came twice: the first
        ("2024-11-03 02:30:00", "2024-11-03T07:30:00+00:00"),
        ("2024-03-10 02:30:00", "2024-03-10T07:30:00+00:00"),  # never came: 03:30
        ("2024-07-01T08:00:00+02:00", "2024-07-01T06:00:00+00:00"),  # brings its own zone
    ],
)
def test_times_are_local_to_the_file(wall: str, utc: str) -> None:
    assert past(f"7,{wall},MENTAL,,,,,").received_at.isoformat() == utc


def test_rows_without_a_number_are_told_apart_by_all_their_cells() -> None:
    one = past(",2024-07-01 08:00:00,MENTAL,,0,,,CT1")
    same = past(",2024-07-01 08:00:00,MENTAL,,0,,,CT1")
    other = past(",2024-07-01 08:00:00,MENTAL,,0,,,CT2")

    assert one.row == same.row
    assert one.row != other.row
    assert one.gist == other.gist


def test_calls_come_in_order_of_time_as_far_as_the_window_reaches() -> None:
    times = ["08:03", "08:01", "08:02", "08:09", "08:00"]
    calls = [past(f"{at},2024-07-01 {at}:00,MENTAL,,,,,") for at in times]

    assert [c.number for c in in_order_of_time(calls)] == sorted(times)
    assert [c.number for c in in_order_of_time(calls, window=2)] == [
        "08:01", "08:02", "08:00", "08:03", "08:09",
    ]  # fmt: skip


# --- the file as such -------------------------------------------------------------------------


def rows(*lines: str, columns: Iterable[str] = ("a", "b")) -> list[Row | BadRow]:
    return list(read_rows(lines, tuple(columns)))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "empty"),
        ("\n", "empty"),
        (",\n", "empty"),
        ("a\n", "columns are missing: b"),
        ("A,B\n", "columns are missing: a, b"),
        ("1,2\n", "columns are missing: a, b"),
        ("a,b,a\n", "twice: a"),
        ("a;b\n", "separated by ';'"),
        ("a\tb\n", "separated by '\\\\t'"),
        ("a|b\n", "separated by '|'"),
        ('"a,b\n', "not a CSV header"),
    ],
)
def test_a_header_that_does_not_fit_the_map_is_named(header: str, said: str) -> None:
    with pytest.raises(FileRefused, match=said.replace("|", r"\|")):
        rows(header)


@pytest.mark.parametrize(
    "header",
    ["a,b\n", "b,a\n", '"a","b"\r\n', "a,b\r", "\ufeffa,b\n", " a ,\u00a0b\n", "x,a,b,y\n"],
)
def test_a_header_may_stand_in_another_order_and_dress(header: str) -> None:
    cells = ",".join("1" for _ in header.split(","))
    (row,) = rows(header, cells)

    assert isinstance(row, Row)
    assert row.cells["a"] == row.cells["b"] == "1"


def test_bad_rows_are_refused_by_line_and_the_rest_is_read() -> None:
    read = rows(
        "a,b\n",
        "1,2\n",
        "1\n",
        "1,2,3\n",
        "1,\0\n",
        "1,\udce9\n",
        f"{TOO_LONG}\n",
        '1,"x"y\n',
        "\n",
        f"1,{'x' * 200_000}\n",
        '3,"two\n',
        'lines"\n',
        "4,5\n",
    )

    assert [(row.line, row.reason) for row in read if isinstance(row, BadRow)] == [
        (3, "ragged row"),
        (4, "ragged row"),
        (5, "NUL character"),
        (6, "wrong encoding"),
        (7, "line too long"),
        (8, "not CSV"),
        (10, "not CSV"),
    ]
    good = [row for row in read if isinstance(row, Row)]
    assert [row.line for row in good] == [2, 11, 13]
    assert good[1].cells["b"] == "two\nlines"


def test_a_quote_that_is_never_closed_is_told_with_the_lines_it_swallowed() -> None:
    (bad,) = rows("a,b\n", '1,"2\n', "3,4\n", "5,6\n")

    assert isinstance(bad, BadRow)
    assert bad.line == 2
    assert "lines 2 to 4" in bad.detail


def test_formulas_are_text() -> None:
    (row,) = rows("a,b\n", "=cmd|'/c calc'!A1,@SUM(1)\n")

    assert isinstance(row, Row)
    assert row.cells == {"a": "=cmd|'/c calc'!A1", "b": "@SUM(1)"}


# --- the map ----------------------------------------------------------------------------------


def test_every_shipped_map_fits_the_vocabulary() -> None:
    for file in (ROOT / "config/import_maps").glob("*.toml"):
        mapping = read_import_map(tomllib.loads(file.read_text()), VOCABULARY)
        assert mapping.name == file.stem


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "name: a text"),
        ({"title": 3}, "title: a text"),
        ({"time_zone": "Mars/Olympus"}, "time_zone: there is no Mars"),
        ({"time_zone": "../../etc/passwd"}, "time_zone: there is no"),
        ({"nulls": "NULL"}, "nulls: a list"),
        ({"delimiter": ";;"}, "delimiter: one character"),
        ({"encoding": "utf-9"}, "encoding: there is no utf-9"),
        ({"column": {}}, "column: there is no such key .did you mean columns"),
        ({"columns": []}, "columns: a table"),
        ({"columns": {"received_at": "Start"}}, "columns.problem"),
        ({"columns": {**RAW["columns"], "arived_at": "x"}}, "did you mean arrived_at"),
        ({"columns": {**RAW["columns"], "number": 1}}, "columns.number: a text"),
        ({"answers": {}}, "which problem types concern this service"),
        ({"answers": {"Type": ["x"]}}, "answers.Type: a table"),
        ({"answers": {"Type": {"X": {"weapno": "in_hand"}}}}, "did you mean weapon"),
        ({"answers": {"Type": {"X": {"weapon": "bazooka"}}}}, "facts.weapon"),
        ({"leave_out": ["x"]}, "leave_out: a table"),
        ({"leave_out": {"x": {"dispositon": []}}}, "leave_out.x: lists"),
        ({"leave_out": {"x": {"problem": "TEST"}}}, "leave_out.x: lists"),
    ],
)
def test_what_is_wrong_with_a_map_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ImportMapError, match=said):
        town(**changed)


def test_all_that_is_wrong_with_a_map_is_said_at_once() -> None:
    with pytest.raises(ImportMapError) as error:
        town(time_zone="Mars", answers={"Type": {"X": {"weapno": "x"}, "Y": {"weapon": "x"}}})

    assert len(error.value.problems) == 3


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_written_as_text(begin: str) -> None:
    assert as_text(f"{begin}1+1") == f"'{begin}1+1"
    assert as_text(f"24-1 {begin}") == f"24-1 {begin}"
    assert as_text("") == ""
