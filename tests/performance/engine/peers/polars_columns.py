"""Polars: a query over columns.

Choices are enumerations, numbers bytes; "at least n" is written out. Plainly, one expression for
each rule, evaluated eagerly (the lazy optimizer costs more than it saves here). Better, the tests
that occur are columns first, each worked out once, and the rules are combined from them in a lazy
query. Slower were `is_in`, codes of our own and the streaming engine. Keywords in raw text are
found one by one with `contains`; `extract_many`, which finds all in one pass, is slower once its
lists have become columns.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_

import polars as pl

from tests.performance.engine.columns import ColumnContestant, Columns, Fired, packed
from tests.performance.engine.workload import (
    Between,
    Condition,
    Fact,
    Group,
    Mentions,
    Test,
    Workload,
    tests_of,
)

PLAIN = "Polars, keyword columns given, one expression a rule"
GIVEN = "Polars, keyword columns given, tests shared"
RAW = "Polars, from raw text, tests shared"
KEYWORDS_GIVEN = (PLAIN, GIVEN)


def contestants(workload: Workload, columns: Columns, times: int = 1) -> list[ColumnContestant]:
    """times -- so often the calls are repeated, one after the other."""
    once = _frame(workload, columns)
    said = once.with_columns(pl.Series(f"heard {t}", made) for t, made in columns.heard.items())
    raw, given = (pl.concat([one] * times).rechunk() for one in (once, said))
    heard = [
        pl.col("narrative").str.contains(f" {term} ", literal=True).alias(f"heard {term}")
        for term in workload.terms
    ]
    facts = {fact.name: fact for fact in workload.facts}
    distinct = dict.fromkeys(test for rule in workload.rules for test in tests_of(rule.when))
    written = {test: _test(facts, test) for test in distinct}
    shared = {test: pl.col(f"test {number}") for number, test in enumerate(distinct)}
    tests = [written[test].alias(one.meta.output_name()) for test, one in shared.items()]
    rules = [_rule(shared, rule.when).alias(rule.id) for rule in workload.rules]
    plain = [_rule(written, rule.when).alias(rule.id) for rule in workload.rules]
    rows = len(columns.calls) * times
    return [
        ColumnContestant(PLAIN, rows, lambda: given.select(plain), _fired),
        ColumnContestant(
            GIVEN, rows, lambda: given.lazy().select(tests).select(rules).collect(), _fired
        ),
        ColumnContestant(
            RAW,
            rows,
            lambda: raw.lazy().with_columns(heard).select(tests).select(rules).collect(),
            _fired,
        ),
    ]


def _frame(workload: Workload, columns: Columns) -> pl.DataFrame:
    types = {"yes_no": pl.Boolean, "number": pl.UInt8}
    made = []
    for fact in workload.facts:
        answers = columns.answers[fact.name]
        if fact.type == "yes_no":
            answers = [answer == "yes" for answer in answers]
        dtype = pl.Enum(fact.values) if fact.type == "choice" else types[fact.type]
        made.append(pl.Series(fact.name, answers, dtype=dtype))
    return pl.DataFrame([*made, pl.Series("narrative", columns.narratives)])


def _fired(made: pl.DataFrame) -> Fired:
    return {name: packed(made[name].to_numpy()) for name in made.columns}


def _rule(tests: Mapping[Test, pl.Expr], condition: Condition) -> pl.Expr:
    if not isinstance(condition, Group):
        return tests[condition]
    if condition.is_all or condition.is_any:
        return _joined([_rule(tests, part) for part in condition.parts], every=condition.is_all)
    alternatives = [Group(len(some), some) for some in condition.alternatives]
    return _joined([_rule(tests, one) for one in alternatives], every=False)


def _test(facts: dict[str, Fact], test: Test) -> pl.Expr:
    if isinstance(test, Mentions):
        return _joined([pl.col(f"heard {term}") for term in test.terms], every=False)
    answer = pl.col(test.fact)
    if isinstance(test, Between):
        limits = [] if test.low is None else [answer >= pl.lit(test.low, pl.UInt8)]
        limits += [] if test.high is None else [answer <= pl.lit(test.high, pl.UInt8)]
        return _joined(limits, every=True)
    if facts[test.fact].type == "yes_no":
        return answer if test.values == ("yes",) else ~answer
    enumeration = pl.Enum(facts[test.fact].values)
    return _joined([answer == pl.lit(v, enumeration) for v in test.values], every=False)


def _joined(parts: Sequence[pl.Expr], *, every: bool) -> pl.Expr:
    return reduce(and_ if every else or_, parts)
