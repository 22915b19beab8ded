"""Which rules stand behind the decision of a past call: for lists that somebody reads."""

from collections.abc import Sequence

import numpy as np

from triage.domain.bitmaps import Bitmap, Numbers, holds_at
from triage.domain.column_decisions import Decisions
from triage.domain.ruleset import ASK_MORE, Rule


def names_at(sets: dict[str, Bitmap], calls: Numbers) -> list[str]:
    """For each of these calls the set it is in: exactly one of them."""
    found = np.zeros(len(calls), np.int64)
    for place, bits in enumerate(sets.values()):
        found[holds_at(bits, calls)] = place
    names = list(sets)
    return [names[place] for place in found.tolist()]


def also_at(decisions: Decisions, calls: Numbers) -> list[list[str]]:
    """For each of these calls who goes as well."""
    also: list[list[str]] = [[] for _ in range(len(calls))]
    for response, bits in decisions.also.items():
        for place in np.flatnonzero(holds_at(bits, calls)).tolist():
            also[place].append(response)
    return also


def deciding_rules(decisions: Decisions, calls: Numbers) -> list[list[str]]:
    """For each of these calls the fired rules that speak for its response or set its level.

    Where none does, `default`, `ask` or `fallback` says what did.
    """
    eligible = names_at(decisions.eligible, calls)
    response, level = names_at(decisions.response, calls), names_at(decisions.level, calls)
    found: list[list[str]] = [[] for _ in eligible]
    spoken = [False] * len(found)
    for rule in decisions.rule_set.rules:
        if rule.id in decisions.fired:
            for place in np.flatnonzero(holds_at(decisions.fired[rule.id], calls)).tolist():
                speaks = _speaks_for(rule, eligible[place])
                if speaks or rule.level == level[place]:
                    found[place].append(rule.id)
                    spoken[place] = spoken[place] or speaks
    for place, rules in enumerate(found):
        if not spoken[place]:
            rules.insert(0, "ask" if eligible[place] == ASK_MORE else "default")
        if response[place] != eligible[place]:
            rules.append("fallback")
    return found


def _speaks_for(rule: Rule, response: str) -> bool:
    if rule.kind == "require":
        return response in rule.responses
    return any(one == response and points > 0 for one, points in rule.points)


def chunks(rows: Numbers, most: int = 10_000) -> Sequence[Numbers]:
    return [rows[start : start + most] for start in range(0, len(rows), most)]
