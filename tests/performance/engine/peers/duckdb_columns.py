"""DuckDB: one query over a table in memory, read as numpy columns.

Choices are enumerations, numbers bytes; one expression for each rule, "at least n" as a sum. That
is as fast as tests in a subquery and faster than writing the result to a table, than bits of an
integer and than codes of our own. Keywords in raw text are a subquery, so that each is looked for
once.
"""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np

from tests.performance.engine.columns import ColumnContestant, Columns, Fired, packed
from tests.performance.engine.contestants import combined, quoted
from tests.performance.engine.workload import (
    Between,
    Condition,
    Fact,
    Group,
    Mentions,
    Test,
    Workload,
)

GIVEN = "DuckDB, keyword columns given"
RAW = "DuckDB, from raw text"


def contestants(workload: Workload, columns: Columns) -> list[ColumnContestant]:
    connection = duckdb.connect(config={"threads": 1})
    heard = {term: f"heard_{number}" for number, term in enumerate(workload.terms)}
    _load(connection, workload, columns, heard)
    facts = {fact.name: fact for fact in workload.facts}
    rules = ", ".join(
        f'{_condition(facts, heard, rule.when)} AS "{rule.id}"' for rule in workload.rules
    )
    found = ", ".join(f"contains(narrative, ' {t} ') AS {name}" for t, name in heard.items())
    answers = ", ".join(facts)

    def asking(source: str) -> Callable[[], Any]:
        query = f"SELECT {rules} FROM {source}"
        return lambda: connection.execute(query).fetchnumpy()

    rows = len(columns.calls)
    return [
        ColumnContestant(GIVEN, rows, asking("calls"), _fired),
        ColumnContestant(RAW, rows, asking(f"(SELECT {answers}, {found} FROM calls)"), _fired),
    ]


def _load(
    connection: duckdb.DuckDBPyConnection,
    workload: Workload,
    columns: Columns,
    heard: dict[str, str],
) -> None:
    types = [f"{fact.name} {_type(fact)}" for fact in workload.facts]
    types += ["narrative VARCHAR", *(f"{name} BOOLEAN" for name in heard.values())]
    connection.execute(f"CREATE TABLE calls ({', '.join(types)})")
    ready = dict(_arrays(workload, columns))
    ready["narrative"] = np.array(columns.narratives, dtype=object)
    ready |= {heard[term]: truths for term, truths in columns.heard.items()}
    connection.register("ready", ready)
    connection.execute("INSERT INTO calls SELECT * FROM ready")
    connection.unregister("ready")


def _type(fact: Fact) -> str:
    if fact.type == "choice":
        return f"ENUM({quoted(fact.values)})"
    return "BOOLEAN" if fact.type == "yes_no" else "UTINYINT"


def _arrays(workload: Workload, columns: Columns) -> Iterator[tuple[str, Any]]:
    for fact in workload.facts:
        answers = columns.answers[fact.name]
        if fact.type == "yes_no":
            yield fact.name, np.array([answer == "yes" for answer in answers])
        else:
            dtype = np.uint8 if fact.type == "number" else object
            yield fact.name, np.array(answers, dtype=dtype)


def _fired(made: dict[str, Any]) -> Fired:
    return {name: packed(np.asarray(truths, dtype=bool)) for name, truths in made.items()}


def _condition(facts: dict[str, Fact], heard: dict[str, str], condition: Condition) -> str:
    if not isinstance(condition, Group):
        return _test(facts, heard, condition)
    parts = [_condition(facts, heard, part) for part in condition.parts]
    if condition.is_all or condition.is_any:
        return combined(parts, "AND" if condition.is_all else "OR")
    return f"({combined((f'{part}::UTINYINT' for part in parts), '+')} >= {condition.n})"


def _test(facts: dict[str, Fact], heard: dict[str, str], test: Test) -> str:
    if isinstance(test, Mentions):
        return combined((heard[term] for term in test.terms), "OR")
    if isinstance(test, Between):
        limits = [] if test.low is None else [f"{test.fact} >= {test.low}"]
        limits += [] if test.high is None else [f"{test.fact} <= {test.high}"]
        return combined(limits, "AND")
    if facts[test.fact].type == "yes_no":
        return test.fact if test.values == ("yes",) else f"(NOT {test.fact})"
    return f"({test.fact} IN ({quoted(test.values)}))"
