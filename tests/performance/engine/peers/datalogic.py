"""datalogic-py: JSONLogic in Rust.

All rules are one expression, `merge` of "if the condition holds, the id, else nothing", compiled
once and evaluated in a session (the documented hot loop). Of the ways that were tried (a list of
booleans, one concatenated text, `evaluate_many`, JSON text in and out, a prepared handle for each
call) none is faster. Look-ups by name search the call's keys one after the other, therefore there
is a second form: the answers as a list in a fixed order, read by place.
"""

import json
from collections.abc import Callable
from itertools import compress
from operator import itemgetter
from typing import Any

from datalogic_py import Engine

from tests.performance.engine.contestants import Contestant, Plain
from tests.performance.engine.workload import Condition, Group, Is, Mentions, Test, Workload

NAMED = "datalogic-py, bare ids"
LISTED = "datalogic-py, bare ids, answers as a list"
TRACED = "datalogic-py, trace"


def contestants(workload: Workload) -> list[Contestant]:
    plain = Plain(workload)
    engine = Engine()
    session = engine.session()
    names = [*(fact.name for fact in workload.facts), "narrative"]
    by_name, by_place = _Renderer(plain, lambda name: name), _Renderer(plain, names.index)
    named = engine.compile(by_name.rules(workload))
    listed = engine.compile(by_place.rules(workload))
    text = json.dumps([by_place.condition(rule.when) for rule in workload.rules])
    ids = [rule.id for rule in workload.rules]
    in_order = itemgetter(*names)
    calls = workload.calls
    return [
        Contestant(
            NAMED, False, calls, plain.call, lambda call: session.evaluate(named, call), set
        ),
        Contestant(
            LISTED,
            False,
            calls,
            plain.call,
            lambda call: session.evaluate(listed, in_order(call)),
            set,
        ),
        Contestant(
            TRACED,
            True,
            calls,
            lambda call: json.dumps(in_order(plain.call(call))),
            lambda call: engine.evaluate_with_trace(text, call),
            lambda made: compress(ids, json.loads(made)["result"]),
        ),
    ]


class _Renderer:
    def __init__(self, plain: Plain, place: Callable[[str], str | int]) -> None:
        self._plain = plain
        self._place = place

    def rules(self, workload: Workload) -> dict[str, Any]:
        return {"merge": [{"if": [self.condition(r.when), r.id, []]} for r in workload.rules]}

    def condition(self, condition: Condition) -> Any:
        if not isinstance(condition, Group):
            return self._test(condition)
        parts = [self.condition(part) for part in condition.parts]
        if condition.is_all or condition.is_any:
            return {"and" if condition.is_all else "or": parts}
        return {">=": [{"+": parts}, condition.n]}  # true counts as one

    def _test(self, test: Test) -> Any:
        if isinstance(test, Mentions):
            said = self._read("narrative")
            found = [{"in": [f" {term} ", said]} for term in test.terms]
            return found[0] if len(found) == 1 else {"or": found}
        answer = self._read(test.fact)
        if isinstance(test, Is):
            if self._plain.is_yes_no(test.fact):
                return answer if test.values == ("yes",) else {"!": [answer]}
            if len(test.values) == 1:
                return {"===": [answer, test.values[0]]}
            return {"in": [answer, list(test.values)]}
        if test.low is None:
            return {"<=": [answer, test.high]}
        return (
            {">=": [answer, test.low]}
            if test.high is None
            else {"<=": [test.low, answer, test.high]}
        )

    def _read(self, name: str) -> dict[str, str | int]:
        return {"var": self._place(name)}
