"""Static checks of where a rule set leads: responses, levels and endings that can be reached.

Says of nothing that it is out of reach unless it is so for every call.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from triage.domain.conditions import ALWAYS, NoneOf, fact_of, tests_of
from triage.domain.errors import Finding, Severity
from triage.domain.possibility import Possibilities
from triage.domain.ruleset import ASK_MORE, Rule, RuleSet

PROBLEM_FACT = "problem_type"


class Reach:
    """What the rules, the default, asking and the fallbacks of one set can lead to."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._set = rule_set

    def findings(self, possible: Possibilities) -> Iterator[Finding]:
        yield from self._scores()
        yield from self._responses()
        yield from self._exclusions()
        yield from self._fallbacks()
        yield from self._levels()
        yield from self._targets()
        yield from self._default(possible)
        if self._set.scope == "complete":
            yield from self._ends_in_somebody()
            yield from self._closes_named_problems(possible)

    @cached_property
    def _points(self) -> Mapping[str, int]:
        """By scored response, the most points that its rules together could give."""
        most: dict[str, int] = {}
        for rule in self._set.rules:
            for response, points in rule.points:
                most[response] = most.get(response, 0) + max(points, 0)
        return most

    @cached_property
    def _brought(self) -> Mapping[str, set[str]]:
        """By kind of rule, the responses that some rule of the kind names."""
        named: dict[str, set[str]] = {}
        for rule in self._set.rules:
            named.setdefault(rule.kind, set()).update(rule.responses)
        return named

    @cached_property
    def _chosen(self) -> set[str]:
        """Responses that can be chosen without being required.

        A missing threshold is told where the points are given. Once it is there they may win, so
        nothing else is said of that response.
        """
        chosen = {self._set.default.response}
        if self._set.ask is not None:
            chosen.add(self._set.ask.then)
        for response, points in self._points.items():
            threshold = self._set.threshold(response)
            if threshold is None or points >= threshold:
                chosen.add(response)
        return chosen

    @cached_property
    def _instead(self) -> set[str]:
        """Responses that come when another cannot."""
        return {one for _, instead in self._set.fallbacks for one in instead}

    def _scores(self) -> Iterator[Finding]:
        for response, points in self._points.items():
            threshold = self._set.threshold(response)
            giving = [r for r in self._set.rules if any(one == response for one, _ in r.points)]
            if threshold is None:
                message = f"{response} is scored but has no threshold"
                yield _found("error", giving[0], message, "thresholds: {default: 30}")
            elif points < threshold:
                message = f"the points for {response} decide nothing: at most {points} together"
                yield _found("warning", giving[0], message, f"its threshold is {threshold}")
        for rule in self._set.rules:
            idle = rule.kind == "score" and not any(points for _, points in rule.points)
            if idle and rule.if_unknown != "ask":
                yield _found("warning", rule, f"{rule.id} never matters: it gives no points")
        for response, _ in self._set.thresholds:
            if response != "default" and response not in self._points:
                yield self._at("warning", "thresholds", f"no rule gives points to {response}")

    def _responses(self) -> Iterator[Finding]:
        """Each listed response comes out of some rule, default, asking or fallback."""
        brought = self._brought.get("require", set()) | self._brought.get("also", set())
        for response in self._set.responses:
            if response not in self._chosen | self._instead | brought:
                scored = response in self._points
                why = "its points never reach the threshold" if scored else "no rule does"
                message = f"nothing leads to {response}: {why}"
                yield self._at("error", "responses", message, "or leave it out")

    def _exclusions(self) -> Iterator[Finding]:
        """A requirement beats an exclusion, so excluding what is only ever required is idle."""
        for rule in self._set.rules:
            able = self._chosen | self._instead
            if rule.entirely:
                able = able.union(*self._brought.values())
            if rule.kind == "exclude" and able.isdisjoint(rule.responses):
                named = ", ".join(rule.responses)
                required = self._brought.get("require", set()).issuperset(rule.responses)
                how = "only required" if required else "never chosen"
                message = f"{rule.id} never matters: {named} is {how}"
                hint = "a requirement beats an exclusion: say it in the rule that requires"
                yield _found("warning", rule, message, hint if required else "")

    def _fallbacks(self) -> Iterator[Finding]:
        first = self._chosen | self._brought.get("require", set())
        first.update(self._set.fallbacks_of.get(self._set.default.response, ()))
        for name, _ in self._set.fallbacks:
            if name not in first:
                message = f"the fallbacks of {name} are never used: nothing chooses or requires it"
                yield self._at("warning", "fallbacks", message)

    def _levels(self) -> Iterator[Finding]:
        """Levels that no rule gives; rules that give the default where nothing is less urgent."""
        default = self._set.level[self._set.default_level]
        given = {
            rule.level: self._set.level[rule.level].rank for rule in self._set.rules if rule.level
        }
        for level in self._set.levels:
            if level.id not in (default.id, *given):
                yield self._at("warning", "levels", f"no rule gives level {level.id}")
        if given and max(given.values()) <= default.rank:
            for rule in self._set.rules:
                if rule.level == default.id:
                    message = f"{rule.id} never matters: {default.id} is the default level"
                    yield _found("warning", rule, message)

    def _targets(self) -> Iterator[Finding]:
        """Whoever is more urgent is not reached later."""
        by_rank = sorted(self._set.levels, key=lambda level: level.rank)
        for what in ("within_min", "answer_within_min"):
            timed = [level for level in by_rank if getattr(level, what) is not None]
            for first, then in pairwise(timed):
                sooner, later = getattr(then, what), getattr(first, what)
                if sooner < later:
                    message = f"level {then.id} is less urgent than {first.id} and sooner"
                    hint = f"{what} of {then.id} is {sooner}, of {first.id} {later}"
                    yield self._at("error", "levels", message, hint)

    def _default(self, possible: Possibilities) -> Iterator[Finding]:
        """A default that is excluded from every call on every day never answers one."""
        default = self._set.default.response
        for rule in self._set.rules:
            dated = rule.valid_from or rule.valid_until
            if rule.kind != "exclude" or default not in rule.responses or rule.unless or dated:
                continue
            always = rule.when == ALWAYS or (
                rule.if_unknown == "holds" and possible.never(NoneOf((rule.when,)))
            )
            if always:
                message = f"{rule.id} excludes the default {default} from every call"
                yield _found("error", rule, message, "let the default be somebody who can come")

    @cached_property
    def _nobody(self) -> set[str]:
        """The listed responses that only make an entry in the record."""
        known = self._set.vocabulary.responses
        return {r for r in self._set.responses if r in known and not known[r].is_somebody}

    def _ends_in_somebody(self) -> Iterator[Finding]:
        """A complete set leads to a person by default, by asking and by every fallback."""
        default, ask = self._set.default.response, self._set.ask
        if default in self._nobody | {ASK_MORE}:
            message = f"a complete set ends with somebody, not with {default}"
            yield self._at("error", "default", message)
        if ask is not None and ask.then in self._nobody:
            message = f"asking leads to {ask.then}, which sends nobody"
            yield self._at("error", "ask", message)
        for name, instead in self._set.fallbacks:
            if gone := [one for one in instead if one in self._nobody]:
                message = f"when {name} cannot come, {gone[0]} would send nobody"
                yield self._at("error", "fallbacks", message)

    def _closes_named_problems(self, possible: Possibilities) -> Iterator[Finding]:
        """A complete set closes a call in the record only by rules that name the problems."""
        for rule in self._set.rules:
            required = rule.responses if rule.kind == "require" else ()
            led_to = {*required, *(response for response, points in rule.points if points > 0)}
            closing = sorted(led_to & self._nobody - {ASK_MORE})
            if closing and not self._names_its_problems(possible, rule):
                message = f"{rule.id} can end a call with {closing[0]}, whatever the problem is"
                yield _found("error", rule, message, f"name the {PROBLEM_FACT} for which it may")

    def _names_its_problems(self, possible: Possibilities, rule: Rule) -> bool:
        if PROBLEM_FACT not in self._set.vocabulary.facts:
            return True
        named = tuple(test for test in tests_of(rule.when) if fact_of(test) == PROBLEM_FACT)
        positive = tuple(test for test in named if not getattr(test, "negated", True))
        return bool(positive) and possible.never(rule.when, NoneOf(positive))

    def _at(self, severity: Severity, key: str, message: str, hint: str = "") -> Finding:
        place = self._set.place_of(key)
        return Finding(severity, place.line, place.column, message, hint)


def _found(severity: Severity, rule: Rule, message: str, hint: str = "") -> Finding:
    return Finding(severity, rule.place.line, rule.place.column, message, hint)
