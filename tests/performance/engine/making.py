"""Making the neutral workload from a fixed seed."""

import random
import string
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from tests.performance.engine.workload import (
    NOT_KNOWN,
    Answer,
    Between,
    Call,
    Condition,
    Fact,
    Group,
    Is,
    Mentions,
    Oracle,
    Rule,
    Test,
    Workload,
    tests_of,
)

SEED = 988
SHAPES = {"1-4": (1, 4), "4-8": (4, 8)}
FIRING = 0.15
"""The share of the rules that fire for a call."""
CHOICES, YES_NOS, NUMBERS = 20, 14, 6
TERMS = 100
NARRATIVE = 32
"""Words of a narrative, about 250 characters."""
SAID_TERMS = 0.18
"""The share of them that some rule may look for."""
KEYWORD_TESTS = 0.1
"""The share of conditions that look into the narrative."""
TRIAL_CALLS = 400
"""Calls on which the share of firing is tuned; the measured ones are others."""


class Maker:
    """Words, facts, rules and calls from one source of chance."""

    def __init__(self, seed: int = SEED) -> None:
        self._chance = random.Random(seed)
        words = self._words(400)
        self._terms = list(dict.fromkeys(self._phrase(words[:150]) for _ in range(TERMS)))
        # Other words share none with the terms: only a term that was put in is found.
        others = words[150:]
        self._said = (*self._terms, *others)
        weights = [SAID_TERMS / len(self._terms)] * len(self._terms)
        weights += [(1 - SAID_TERMS) / len(others)] * len(others)
        self._often = list(accumulate(weights))
        self.facts = self._facts()
        self._trial = Oracle(self.calls(TRIAL_CALLS))

    def workload(self, rules: int, shape: str, calls: int) -> Workload:
        made = self._rules(rules, shape)
        terms = (t.terms for rule in made for t in tests_of(rule.when) if isinstance(t, Mentions))
        heard = tuple(dict.fromkeys(term for some in terms for term in some))
        return Workload(self.facts, made, self.calls(calls), shape, heard)

    def calls(self, number: int) -> tuple[Call, ...]:
        """Calls with every fact answered."""
        names = [fact.name for fact in self.facts]
        columns = [self._answers(fact, number) for fact in self.facts]
        rows = zip(*columns, strict=True)
        return tuple(Call(dict(zip(names, row, strict=True)), self._narrative()) for row in rows)

    def partly_known(self, calls: Sequence[Call]) -> tuple[Call, ...]:
        """The calls with a third of the facts unknown or not asked, half of them each."""
        chance, partly = self._chance, []
        for call in calls:
            gaps = chance.sample(list(call.answers), len(call.answers) // 3)
            answers: dict[str, Answer] = {**call.answers, **dict.fromkeys(gaps, NOT_KNOWN)}
            for name in gaps[: len(gaps) // 2]:
                del answers[name]
            partly.append(replace(call, answers=answers))
        return tuple(partly)

    def begun(self, calls: Sequence[Call]) -> tuple[Call, ...]:
        """The calls as they are on the way: the first questions answered, the others not asked."""
        names = [fact.name for fact in self.facts]
        begun = []
        for call in calls:
            asked = names[: self._chance.randint(0, len(names))]
            begun.append(replace(call, answers={name: call.answers[name] for name in asked}))
        return tuple(begun)

    def _words(self, number: int) -> list[str]:
        chance, words = self._chance, dict[str, None]()
        while len(words) < number:
            letters = chance.choices(string.ascii_lowercase, k=chance.randint(3, 9))
            words["".join(letters)] = None
        return list(words)

    def _phrase(self, words: list[str]) -> str:
        return " ".join(self._chance.sample(words, self._chance.choice((1, 1, 1, 2, 3))))

    def _facts(self) -> tuple[Fact, ...]:
        chance = self._chance
        facts = [
            Fact(
                f"choice_{n:02}", "choice", tuple(f"value_{v}" for v in range(chance.randint(3, 6)))
            )
            for n in range(CHOICES)
        ]
        facts += [Fact(f"yes_no_{n:02}", "yes_no", ("yes", "no")) for n in range(YES_NOS)]
        facts += [Fact(f"number_{n:02}", "number", low=0, high=100) for n in range(NUMBERS)]
        chance.shuffle(facts)
        return tuple(facts)

    def _answers(self, fact: Fact, number: int) -> Sequence[Answer]:
        possible = range(fact.low, fact.high + 1) if fact.type == "number" else fact.values
        return self._chance.choices(possible, k=number)

    def _narrative(self) -> str:
        words = self._chance.choices(self._said, cum_weights=self._often, k=NARRATIVE)
        return f" {' '.join(words)} "

    def _rules(self, number: int, shape: str) -> tuple[Rule, ...]:
        """Rules that fire neither always nor never, and on average in 15 % of the calls."""
        rules: list[Rule] = []
        wanted = total = 0.0
        while len(rules) < number:
            condition = self._condition(self._chance.randint(*SHAPES[shape]))
            share = self._trial.share(condition)
            too_much, too_little = total > wanted, total < wanted
            if not 0.02 <= share <= 0.5:
                continue
            if (too_much and share > FIRING) or (too_little and share < FIRING):
                continue
            total, wanted = total + share, wanted + FIRING
            rules.append(Rule(f"rule-{len(rules):04}", condition))
        return tuple(rules)

    def _condition(self, tests: int) -> Condition:
        """A tree over so many tests, each on something else."""
        things: list[Fact | None] = list(self._chance.sample(self.facts, tests))
        keyword = [self._chance.random() < KEYWORD_TESTS for _ in things]
        leaves: list[Condition] = [
            self._mention() if heard else self._test(fact)
            for fact, heard in zip(things, keyword, strict=True)
            if fact is not None
        ]
        return self._tree(leaves)

    def _tree(self, leaves: list[Condition]) -> Condition:
        chance = self._chance
        if len(leaves) == 1:
            return leaves[0]
        parts = list(leaves)
        while len(parts) > 2 and chance.random() < 0.6:
            size = chance.randint(2, min(3, len(parts) - 1))
            parts = [*parts[size:], self._group(parts[:size])]
        return self._group(parts)

    def _group(self, parts: list[Condition]) -> Group:
        numbers = [1, len(parts), len(parts)]
        if 3 <= len(parts) <= 4:
            numbers.append(2)
        return Group(self._chance.choice(numbers), tuple(parts))

    def _mention(self) -> Mentions:
        return Mentions(tuple(self._chance.sample(self._terms, self._chance.randint(1, 3))))

    def _test(self, fact: Fact) -> Test:
        chance = self._chance
        if fact.type == "yes_no":
            return Is(fact.name, (chance.choice(fact.values),))
        if fact.type == "choice":
            accepted = min(chance.choice((1, 1, 2, 2, 3)), len(fact.values) - 1)
            return Is(fact.name, tuple(chance.sample(fact.values, accepted)))
        low, high = sorted(chance.sample(range(5, 100, 5), 2))
        return chance.choice(
            (
                Between(fact.name, low, high),
                Between(fact.name, low, None),
                Between(fact.name, None, high),
            )
        )
