"""How many questions fewer a dispatcher asks with `ask_next` than with the fixed list.

    .venv/bin/python tests/performance/questions_saved.py
    CALLS=300 SEED=7 .venv/bin/python tests/performance/questions_saved.py

A simulated dispatcher starts with what a caller says at once (the problem, how well the place is
known), asks one question at a time and gets its answer, until the assessment has no question left
that makes sense for the call and can change anything. Asked in three orders: the fixed list,
`ask_next`, and `ask_next` with the answers of earlier calls. Questions are counted and nothing is
timed: a busy machine does not matter.

The kinds of calls and their times are real where the files are there; MOST ANSWERS ARE INVENTED:
drawn from the shares of invented_answers.toml. Writes var/bench/questions.json. Exit status 1
where an order leaves out a question that makes sense for the call and would have changed something.
"""

import json
import os
import platform
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import click
from invented_answers import ALEXANDRIA, ROOT, VIGNETTES, Inventor, WholeCall, replayed, vignettes
from invented_answers import generated as made_up

from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import Assessment, assess
from triage.domain.calls import CallInput
from triage.domain.conditions import FALSE
from triage.domain.facts import Fact
from triage.domain.habits import NO_HABITS, Habits, count_answers, countable, habits_from
from triage.domain.ruleset import RuleSet

CALLS = int(os.environ.get("CALLS", "250"))
"""Measured at most; the other half of the calls is what the history is learned from."""
SEED = int(os.environ.get("SEED", "2026"))
AT_ONCE = ("problem_type", "location_known")
"""What a caller says before anything is asked."""
RESAMPLED = 2_000
WRITTEN = ROOT / "var" / "bench" / "questions.json"

Order = Callable[[Assessment], str | None]
"""Which question to put next; None: none is left."""


class FixedList:
    """The gate, then the vocabulary's order; what makes no sense for the call is passed over.

    Only questions that some rule reads are on the list: a form that asks more takes longer still.
    It ends as soon as no question can change anything, which a form on paper could not tell.
    """

    def __init__(self, rules: RuleSet) -> None:
        place_of, facts = rules.vocabulary.place_of, rules.vocabulary.facts
        self.questions = [facts[name] for name in sorted(rules.options, key=place_of.__getitem__)]

    def __call__(self, assessment: Assessment) -> str | None:
        left = (fact for fact in self.questions if fact.name not in assessment.call.asked)
        return next((fact.name for fact in left if makes_sense(fact, assessment)), None)


def makes_sense(fact: Fact, assessment: Assessment) -> bool:
    """As far as is known; `ask_next` goes by the same."""
    when, case = fact.ask_when, assessment.case
    return when is None or when.truth(case.reading.answers, case.heard) is not FALSE


def ask_next(assessment: Assessment) -> str | None:
    """The first question that the assessment proposes."""
    questions = assessment.outlook.ask_next
    return questions[0].fact.name if questions else None


@dataclass(frozen=True)
class Asked:
    """What became of one call.

    settled -- could no answer at all change anything, not even to questions that make no sense?
    ended_after -- questions until the assessment had none left.
    stands_after -- questions until response, level and companions were those of the end.
    missed -- would further questions of the whole fixed list that make sense have changed it?
    strayed -- would those have that the list puts before it is known that they make no sense?
    """

    settled: bool
    ended_after: int
    stands_after: int
    missed: bool
    strayed: bool


def put_questions(
    rules: RuleSet, whole: WholeCall, order: Order, habits: Habits, listed: CallInput
) -> Asked:
    """Ask until nothing is left. listed -- the call with the answers to the whole fixed list."""
    call = with_answers(whole.call, whole, AT_ONCE)
    seen: list[object] = []
    while True:
        assessment = assess(rules, call, habits=habits)
        seen.append(decided(assessment))
        following = order(assessment) if anything_left(assessment) else None
        if following is None:
            break
        call = with_answers(call, whole, (following,))
    stands = next(n for n, one in enumerate(seen) if all(later == one for later in seen[n:]))
    strayed, missed = (
        assess(rules, more, ahead=False).decision.outcome() != assessment.decision.outcome()
        for more in further(rules, whole, call, listed)
    )
    return Asked(assessment.outlook.settled is True, len(seen) - 1, stands, missed, strayed)


def further(
    rules: RuleSet, whole: WholeCall, call: CallInput, listed: CallInput
) -> tuple[CallInput, CallInput]:
    """The call with all answers of the fixed list, and with those that make sense in the end."""
    every = with_answers(call, whole, dict(listed.facts))
    end, facts = assess(rules, every, ahead=False), rules.vocabulary.facts
    sensible = [name for name, _ in listed.facts if makes_sense(facts[name], end)]
    return every, with_answers(call, whole, sensible)


def anything_left(assessment: Assessment) -> bool:
    """Is there a question that makes sense for the call and can change something?"""
    return any(one.effects or one.weight for one in assessment.outlook.ask_next)


def with_answers(call: CallInput, whole: WholeCall, questions: Iterable[str]) -> CallInput:
    for name in questions:
        call = call.with_fact(name, whole.answers[name])
    return call


def decided(assessment: Assessment) -> tuple[str, str, tuple[str, ...]]:
    decision = assessment.decision
    return decision.response, decision.level.id, tuple(decision.also)


def whole_list(rules: RuleSet, whole: WholeCall) -> CallInput:
    """The call of a dispatcher who goes through the fixed list to its end."""
    fixed, call = FixedList(rules), with_answers(whole.call, whole, AT_ONCE)
    while following := fixed(assess(rules, call, ahead=False)):
        call = with_answers(call, whole, (following,))
    return call


def learned(rules: RuleSet, calls: Sequence[WholeCall]) -> Habits:
    """The answers that a centre has on file which asked every call the whole fixed list."""
    known = set(countable(rules.vocabulary))
    label = f"Learning from {len(calls)} calls"
    with click.progressbar(calls, label=label, file=sys.stderr) as bar:
        answered = [
            {name: answer for name, answer in whole_list(rules, one).facts if name in known}
            for one in bar
        ]
    return habits_from(count_answers(answered))


# --- figures --------------------------------------------------------------------------------------

ORDERS = ("fixed list", "ask_next", "ask_next with history")


def measured(
    rules: RuleSet, name: str, calls: Sequence[WholeCall], habits: Habits
) -> dict[str, object]:
    """All three orders over the same calls."""
    fixed = FixedList(rules)
    by_order: dict[str, list[Asked]] = {order: [] for order in ORDERS}
    to_the_end: list[int] = []
    with click.progressbar(calls, label=f"Asking {len(calls)} {name}", file=sys.stderr) as bar:
        for one in bar:
            listed = whole_list(rules, one)
            to_the_end.append(len(listed.facts) - len(AT_ONCE))
            orders = ((fixed, NO_HABITS), (ask_next, NO_HABITS), (ask_next, habits))
            for name_, (order, known) in zip(ORDERS, orders, strict=True):
                by_order[name_].append(put_questions(rules, one, order, known, listed))
    baseline, plain, taught = (by_order[order] for order in ORDERS)
    return {
        "calls": len(calls),
        "answers told by the source, per call": round(fmean(one.told for one in calls), 1),
        "the whole fixed list": spread(to_the_end),
        "orders": {order: figures(asked) for order, asked in by_order.items()},
        "saved": {
            "ask_next against the fixed list": compared(baseline, plain),
            "history against the fixed list": compared(baseline, taught),
            "history against ask_next": compared(plain, taught),
        },
    }


def figures(asked: Sequence[Asked]) -> dict[str, object]:
    stands = [one.stands_after for one in asked]
    return {
        "questions in all": spread([one.ended_after for one in asked]),
        "questions until the decision that stands": spread(stands),
        "decided after so many questions": {
            str(n): round(fmean(one <= n for one in stands), 3) for n in (5, 10, 15, 20, 30)
        },
        "settled at the end": sum(one.settled for one in asked),
        "changed by questions left out": sum(one.missed for one in asked),
        "changed by questions that make no sense": sum(one.strayed for one in asked),
    }


def spread(numbers: Sequence[int]) -> dict[str, float]:
    ordered = sorted(numbers)

    def at(share: float) -> int:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return {
        "mean": round(fmean(ordered), 2),
        "p10": at(0.10),
        "median": median(ordered),
        "p90": at(0.90),
        "p99": at(0.99),
        "most": ordered[-1],
    }


def compared(before: Sequence[Asked], after: Sequence[Asked]) -> dict[str, object]:
    return {
        "in all": saved([one.ended_after for one in before], [one.ended_after for one in after]),
        "until the decision that stands": saved(
            [one.stands_after for one in before], [one.stands_after for one in after]
        ),
    }


def saved(before: Sequence[int], after: Sequence[int]) -> dict[str, object]:
    """Questions fewer per call, paired; the interval is that of the mean, by resampling calls."""
    fewer = [a - b for a, b in zip(before, after, strict=True)]
    chance = random.Random(SEED)
    means = sorted(fmean(chance.choices(fewer, k=len(fewer))) for _ in range(RESAMPLED))
    return {
        "mean": round(fmean(fewer), 2),
        "from": round(means[int(0.025 * RESAMPLED)], 2),
        "to": round(means[int(0.975 * RESAMPLED)], 2),
        "median": median(fewer),
        "share of calls with fewer": round(fmean(one > 0 for one in fewer), 3),
        "share of calls with more": round(fmean(one < 0 for one in fewer), 3),
    }


# --- the whole ------------------------------------------------------------------------------------


def shipped() -> RuleSet:
    reader, folder = RuleFiles(), ROOT / "rules"
    vocabulary = reader.read_vocabulary((folder / "vocabulary.yaml").read_text("utf-8"))
    return reader.read_published((folder / "county-default.yaml").read_text("utf-8"), vocabulary)


def centre_calls(inventor: Inventor) -> tuple[str, list[WholeCall]]:
    """The calls of one centre, in an order of chance."""
    if ALEXANDRIA.is_file():
        name, calls = "replayed calls", list(replayed(inventor))
    else:
        say(f"{ALEXANDRIA.name} is not there: all calls are made up, their kinds too.")
        name, calls = "made-up calls", list(made_up(inventor, 2 * CALLS))
    random.Random(SEED).shuffle(calls)
    return name, calls


def main() -> int:
    rules = shipped()
    inventor = Inventor(rules, SEED)
    name, calls = centre_calls(inventor)
    half = len(calls) // 2
    habits = learned(rules, calls[:half])
    groups = {name: calls[half : half + CALLS]}
    if VIGNETTES.is_file():
        groups["written calls"] = list(vignettes(inventor))
    else:
        say(f"{VIGNETTES.name} is not there: the written calls are left out.")
    found = {one: measured(rules, one, group, habits) for one, group in groups.items()}
    result = {
        "what": "questions asked per call in three orders; most answers are invented",
        "seed": SEED,
        "rule set": {"name": rules.name, "sha256": rules.sha256, "questions": len(rules.options)},
        "history": {"calls": half, "sha256": habits.sha256},
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "groups": found,
    }
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(found)
    return 1 if any(differs(group) for group in found.values()) else 0


def differs(group: Mapping[str, object]) -> bool:
    orders: Mapping[str, Mapping[str, int]] = group["orders"]  # type: ignore[assignment]
    return any(one["changed by questions left out"] for one in orders.values())


def show(found: Mapping[str, Mapping[str, Any]]) -> None:
    print("MOST ANSWERS ARE INVENTED (tests/performance/invented_answers.toml): real are the kinds")
    print("and times of the replayed calls, and what the written calls tell.")
    for name, group in found.items():
        print(f"\n{group['calls']} {name}, seed {SEED}")
        print(f"  the whole fixed list: {_said(group['the whole fixed list'])}")
        for order, its in group["orders"].items():
            print(f"  {order}")
            for what in ("questions in all", "questions until the decision that stands"):
                print(f"    {what:42} {_said(its[what])}")
            print(f"    decided after so many questions: {_said(its[_SHARES])}")
            for what in _COUNTS:
                print(f"    {what}: {its[what]}")
        for pair, both in group["saved"].items():
            for what, its in both.items():
                print(f"  fewer, {pair}, {what}: {_said(its)}")


_SHARES = "decided after so many questions"
_COUNTS = (
    "settled at the end",
    "changed by questions left out",
    "changed by questions that make no sense",
)


def _said(its: Mapping[str, float]) -> str:
    return "  ".join(f"{key} {value:g}" for key, value in its.items())


def say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
