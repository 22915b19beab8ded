"""docs/faults.md: every fault and invariant has its row, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "faults.md").read_text("utf-8")
FAULTS, INVARIANTS = 80, 16
NAMED = re.compile(r"`(\w+/test_\w+)::(\w+)`")


@cache
def told_in(story: str) -> set[str]:
    file = TESTS / f"{story}.py"
    if not file.exists():
        return set()
    found = ast.walk(ast.parse(file.read_text("utf-8")))
    names = {one.name for one in found if isinstance(one, ast.FunctionDef)}
    return {name.removeprefix("test_") for name in names if name.startswith("test_")}


def test_every_fault_and_invariant_has_one_row() -> None:
    rows = re.findall(r"^\| ([FI]\d+) \|", PAGE, re.MULTILINE)

    assert sorted(row for row in rows if row[0] == "F") == [
        f"F{number:02}" for number in range(1, FAULTS + 1)
    ]
    assert [row for row in rows if row[0] == "I"] == [
        f"I{number}" for number in range(1, INVARIANTS + 1)
    ]


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)

    assert len(named) > FAULTS
    gone = [f"{story}::{name}" for story, name in named if name not in told_in(story)]
    assert not gone
    assert PAGE.count("::") == len(named)  # none is written in another way
