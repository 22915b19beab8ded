"""zen-engine: GoRules' expression language and decision tables in Rust.

List expression: one compiled expression, a list of booleans, from which Python picks the ids.
That is faster than a list of ids and nulls, than `filter` and than a concatenated text.

Decision table: one row a rule, one column a fact (the form that the engine indexes and whose
trace names the answers that were read), and one column for what no cell can say. The engine gets
it from a static loader, which compiles it once; `create_decision` costs 0.2 ms more a call.
"""

import json
from itertools import compress
from typing import Any

import zen

from tests.performance.engine.contestants import Contestant, Plain, combined, quoted
from tests.performance.engine.workload import (
    Between,
    Condition,
    Group,
    Is,
    Mentions,
    Rule,
    Test,
    Workload,
)

LISTED = "zen-engine, list expression, bare ids"
TRACED = "zen-engine, decision table with trace"


def contestants(workload: Workload) -> list[Contestant]:
    plain = Plain(workload)
    renderer = _Renderer(plain)
    ids = [rule.id for rule in workload.rules]
    conditions = ", ".join(renderer.condition(rule.when) for rule in workload.rules)
    expression = zen.compile_expression(f"[{conditions}]")
    table = renderer.table(workload)
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": table}}})
    return [
        Contestant(
            LISTED,
            False,
            workload.calls,
            plain.call,
            lambda call: list(compress(ids, expression.evaluate(call))),
            set,
        ),
        Contestant(
            TRACED,
            True,
            workload.calls,
            plain.call,
            lambda call: engine.evaluate("rules", call, {"trace": True}),
            lambda made: (row["rule"] for row in made["result"]),
        ),
    ]


class _Renderer:
    def __init__(self, plain: Plain) -> None:
        self._plain = plain

    def condition(self, condition: Condition) -> str:
        if not isinstance(condition, Group):
            return self._test(condition)
        parts = [self.condition(part) for part in condition.parts]
        if condition.is_all or condition.is_any:
            return combined(parts, "and" if condition.is_all else "or")
        return f"({combined((f'({part} ? 1 : 0)' for part in parts), '+')} >= {condition.n})"

    def _test(self, test: Test) -> str:
        if isinstance(test, Mentions):
            return combined((f"contains(narrative, ' {term} ')" for term in test.terms), "or")
        if isinstance(test, Between):
            return f"{test.fact} {_limits(test)}"
        if self._plain.is_yes_no(test.fact):
            return test.fact if test.values == ("yes",) else f"not {test.fact}"
        if len(test.values) == 1:
            return f"{test.fact} == {quoted(test.values)}"
        return f"{test.fact} in [{quoted(test.values)}]"

    def table(self, workload: Workload) -> dict[str, Any]:
        rows = [self._row(rule) for rule in workload.rules]
        used = set().union(*rows)
        facts = [fact.name for fact in workload.facts if fact.name in used]
        content = {
            "hitPolicy": "collect",
            "inputs": [
                {"id": "condition", "name": "condition"},
                *({"id": name, "name": name, "field": name} for name in facts),
            ],
            "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
            "rules": rows,
            "passThrough": False,
            "executionMode": "single",
            "inputField": None,
            "outputPath": None,
        }
        nodes = [
            ("in", "inputNode", {}),
            ("table", "decisionTableNode", content),
            ("out", "outputNode", {}),
        ]
        position = {"x": 0, "y": 0}
        return {
            "nodes": [
                {"id": id_, "name": id_, "type": type_, "position": position, "content": content}
                for id_, type_, content in nodes
            ],
            "edges": [
                {"id": "first", "sourceId": "in", "targetId": "table", "type": "edge"},
                {"id": "second", "sourceId": "table", "targetId": "out", "type": "edge"},
            ],
        }

    def _row(self, rule: Rule) -> dict[str, str]:
        """Each part of an "all" that reads one fact in that fact's column."""
        when = rule.when
        parts = when.parts if isinstance(when, Group) and when.is_all else (when,)
        row, rest = {"_id": rule.id, "out": json.dumps(rule.id)}, []
        for part in parts:
            if isinstance(part, Is | Between) and part.fact not in row:
                row[part.fact] = self._cell(part)
            else:
                rest.append(self.condition(part))
        if rest:
            row["condition"] = " and ".join(rest)
        return row

    def _cell(self, test: Is | Between) -> str:
        if isinstance(test, Is):
            if self._plain.is_yes_no(test.fact):
                return json.dumps(test.values == ("yes",))
            return ", ".join(json.dumps(value) for value in test.values)
        return _limits(test).removeprefix("in ")


def _limits(test: Between) -> str:
    if test.low is None:
        return f"<= {test.high}"
    return f">= {test.low}" if test.high is None else f"in [{test.low}..{test.high}]"
