"""cel-expr-python: Google's Common Expression Language in C++.

One compiled, type-checked expression, a list of booleans, from which Python picks the ids. That is
faster than ids and empty texts, optional elements, one concatenated text, bits of an integer, and
three times as fast as one expression for each rule. An expression may have 100,000 characters:
larger rule sets become several over one activation.
"""

from collections.abc import Iterable
from itertools import chain, compress

from cel_expr_python import cel

from tests.performance.engine.contestants import Contestant, Plain, combined, quoted
from tests.performance.engine.workload import (
    Between,
    Call,
    Condition,
    Group,
    Mentions,
    Test,
    Workload,
)

BARE = "cel-expr-python, bare ids"
LONGEST = 90_000
TYPES = {"choice": cel.Type.STRING, "yes_no": cel.Type.BOOL, "number": cel.Type.INT}


def contestants(workload: Workload) -> list[Contestant]:
    plain = Plain(workload)
    variables = {fact.name: TYPES[fact.type] for fact in workload.facts}
    environment = cel.NewEnv(variables={**variables, "narrative": cel.Type.STRING})
    ids = [rule.id for rule in workload.rules]
    conditions = (_condition(plain, rule.when) for rule in workload.rules)
    expressions = [environment.compile(text) for text in _lists(conditions)]

    def run(call: Call) -> list[str]:
        if len(expressions) == 1:
            return list(compress(ids, expressions[0].eval(data=call).plain_value()))
        activation = environment.Activation(call)
        found = (expression.eval(activation).plain_value() for expression in expressions)
        return list(compress(ids, chain.from_iterable(found)))

    return [Contestant(BARE, False, workload.calls, plain.call, run, set)]


def _lists(conditions: Iterable[str]) -> list[str]:
    """ "[a, b, c]", as few as the longest expression allows."""
    lists: list[list[str]] = [[]]
    length = 0
    for condition in conditions:
        length += len(condition) + 2
        if length > LONGEST:
            lists.append([])
            length = len(condition)
        lists[-1].append(condition)
    return [f"[{', '.join(one)}]" for one in lists]


def _condition(plain: Plain, condition: Condition) -> str:
    if not isinstance(condition, Group):
        return _test(plain, condition)
    if condition.is_all or condition.is_any:
        parts = (_condition(plain, part) for part in condition.parts)
        return combined(parts, "&&" if condition.is_all else "||")
    # Counting with "?:" is slower than writing out who may be the n.
    alternatives = (Group(len(some), some) for some in condition.alternatives)
    return combined((_condition(plain, one) for one in alternatives), "||")


def _test(plain: Plain, test: Test) -> str:
    if isinstance(test, Mentions):
        return combined((f"narrative.contains(' {term} ')" for term in test.terms), "||")
    if isinstance(test, Between):
        limits = [] if test.low is None else [f"{test.fact} >= {test.low}"]
        limits += [] if test.high is None else [f"{test.fact} <= {test.high}"]
        return combined(limits, "&&")
    if plain.is_yes_no(test.fact):
        return test.fact if test.values == ("yes",) else f"!{test.fact}"
    return combined((f"{test.fact} == {quoted([value])}" for value in test.values), "||")
