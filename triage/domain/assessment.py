"""Assessing a call: the one evaluator of page, API, back-test, simulator and command line."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from triage.domain.answers import Conflicting, Gap, Value, answer_as_json
from triage.domain.calls import CallInput
from triage.domain.cases import Case, cases_of, protection, stands
from triage.domain.decision import Decision, points_of
from triage.domain.habits import NO_HABITS, Habits
from triage.domain.outlook import NO_OUTLOOK, Outlook, look_ahead
from triage.domain.outranked import told_apart
from triage.domain.police_reporting import police_because_unknown
from triage.domain.readings import Unseen
from triage.domain.reason import Reason
from triage.domain.reasons import reasons
from triage.domain.ruleset import ASK_MORE, AskFirst, FollowUp, Notice, Rule, RuleSet
from triage.domain.waiting import Waiting

ENGINE: Final = "terms-7"
"""Part of what makes an assessment repeatable: changes whenever a result could."""

Outcome = Literal["decided", "ask_more"]
NEED = ("require",)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Answers that contradict each other, and the one that counted."""

    fact: str
    answer: Conflicting
    taken: Value | Gap
    by: Literal["most_dangerous", "more_protective"]


@dataclass(frozen=True)
class Assessment:
    """What the rules make of a call. The same call and rule set give the same bytes, always.

    case -- the reading of the call that stands: where answers conflict, the most protective one.
    others -- the other readings; whom they want comes along.
    """

    rule_set: RuleSet
    call: CallInput
    case: Case
    outlook: Outlook
    habits: Habits = NO_HABITS
    others: tuple[Case, ...] = ()

    @property
    def decision(self) -> Decision:
        return self.case.decision

    @property
    def points(self) -> dict[str, int]:
        """Points by response, in precedence, whatever decided."""
        book = self.rule_set.book
        return points_of(book, book.fired(self.case.tally))

    @property
    def outcome(self) -> Outcome:
        return "ask_more" if self.response == ASK_MORE else "decided"

    @cached_property
    def because(self) -> tuple[Reason, ...]:
        """Every rule that fired; never empty. Last, why other readings of the call add somebody."""
        return (*self._own_reasons, *self._read_otherwise)

    @cached_property
    def _own_reasons(self) -> tuple[Reason, ...]:
        return reasons(self.rule_set, self.case.tally, self.decision)

    @cached_property
    def deciding(self) -> tuple[Reason, ...]:
        """The reasons that decided, those for who answers first."""
        return (*self._apart[0], *self._read_otherwise)

    @property
    def outranked(self) -> tuple[Reason, ...]:
        """The reasons that are true as well and changed nothing."""
        return self._apart[1]

    @cached_property
    def _apart(self) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
        return told_apart(self.rule_set, self.case, self._own_reasons)

    @cached_property
    def _read_otherwise(self) -> dict[Reason, Case]:
        """By reason, the reading it is of: for somebody whom the standing reading does not want,
        or wants without need while another one requires them."""
        found: dict[Reason, Case] = {}
        own = self._own_reasons
        missing = [one for one in self.decision.also if not _wanting(own, one)]
        not_needed = [one for one in self.rule_set.book.requires if not _wanting(own, one, NEED)]
        for case in self.others:
            told = reasons(self.rule_set, case.tally, case.decision)
            because = [_wanting(told, one) for one in missing]
            because += [_wanting(told, one, NEED) for one in not_needed]
            found |= {reason: case for reason in because if reason and reason not in found}
        return found

    @cached_property
    def waiting(self) -> tuple[Waiting, ...]:
        case = self.case
        return self.rule_set.waiting.of(case.tally, case.reading.answers, case.heard)

    @cached_property
    def _plans(self) -> tuple[Rule, ...]:
        book = self.rule_set.book
        return tuple(book.rules_in(book.fired(self.case.tally) & book.of_kind.get("plan", 0)))

    @property
    def follow_ups(self) -> tuple[tuple[str, FollowUp], ...]:
        """With the id of the rule each comes from; so with notices."""
        return tuple((rule.id, one) for rule in self._plans for one in rule.plan.follow_ups)

    @property
    def notices(self) -> tuple[tuple[str, Notice], ...]:
        return tuple((rule.id, one) for rule in self._plans for one in rule.plan.notices)

    @property
    def ask(self) -> AskFirst | None:
        return self.rule_set.ask if self.response == ASK_MORE else None

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        facts, taken = self.rule_set.vocabulary.facts, self.case.reading.answers
        return tuple(
            Conflict(
                fact,
                answer,
                taken[fact],
                "most_dangerous" if facts[fact].danger else "more_protective",
            )
            for fact, answer in self.call.asked.items()
            if isinstance(answer, Conflicting)
        )

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        return self.case.reading.unseen

    @property
    def police_because_unknown(self) -> bool:
        return police_because_unknown(self.rule_set, self.case, self.call.now[:10])

    @property
    def response(self) -> str:
        return self.decision.response

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `triage assess`."""
        decision, rule_set, ahead = self.decision, self.rule_set, self.outlook
        level = decision.level
        return {
            "needed": decision.needed,
            "eligible": decision.eligible,
            "response": decision.response,
            "cause": decision.cause,
            "outcome": self.outcome,
            "level": {
                "id": level.id,
                "rank": level.rank,
                "label": level.label,
                "within_min": level.within_min,
                "answer_within_min": level.answer_within_min,
            },
            "also": self._also(),
            "excluded": self._excluded(),
            "points": self.points,
            "settled": ahead.settled,
            "could_become": list(ahead.could_become),
            "ask_next": [question.as_dict() for question in ahead.ask_next],
            "route": decision.route,
            "by_points": self._by_points(),
            "because": [
                *(self._as_read(one) | {"decided": True} for one in self.deciding),
                *(self._as_read(one) | {"decided": False} for one in self.outranked),
            ],
            "waiting": [one.as_dict() for one in self.waiting],
            "follow_ups": [_follow_up(rule, one) for rule, one in self.follow_ups],
            "notices": [
                {"partner": one.partner, "what": one.what, "rule": rule}
                for rule, one in self.notices
            ],
            "ask": {"wait_min": self.ask.wait_min, "then": self.ask.then} if self.ask else None,
            "conflicts": [_conflict(one) for one in self.conflicts],
            "unseen": [{"fact": one.fact, "value": one.value} for one in self.unseen],
            "police_because_unknown": self.police_because_unknown,
            "person_must_act": decision.person_must_act,
            "rule_set": rule_set.name,
            "version": rule_set.version,
            "sha256": rule_set.sha256,
            "vocabulary_sha256": rule_set.vocabulary.sha256,
            "habits_sha256": self.habits.sha256 or None,
            "engine": ENGINE,
        }

    def canonical_json(self) -> str:
        """The assessment on one line, byte for byte the same for the same input."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    def _by_points(self) -> dict[str, object] | None:
        """Whom points chose, with how many, and how many were needed."""
        chosen = self.decision.eligible
        if self.decision.route != "score":
            return None
        needed = self.rule_set.threshold(chosen)
        return {"response": chosen, "points": self.points[chosen], "threshold": needed}

    def _also(self) -> list[dict[str, str]]:
        return [
            {"response": companion, "rule": reason.rule, "because": reason.because}
            for companion in self.decision.also
            if (reason := _wanting(self.because, companion))
        ]

    def _excluded(self) -> list[dict[str, object]]:
        return [
            {
                "response": response,
                "rule": reason.rule,
                "because": reason.because,
                "entirely": reason.entirely,
            }
            for response, _ in self.decision.excluded
            for reason in self.because
            if reason.kind == "exclude" and response in reason.responses
        ]

    def _as_read(self, reason: Reason) -> dict[str, object]:
        case = self._read_otherwise.get(reason, self.case) if self.others else self.case
        return reason.as_dict(case.reading.answers, case.heard)


def _wanting(
    told: Iterable[Reason], companion: str, kinds: Collection[str] = ("require", "also")
) -> Reason | None:
    """The first rule that requires somebody, or wants them as well."""
    return next((r for r in told if r.kind in kinds and companion in r.responses), None)


def assess(
    rule_set: RuleSet, call: CallInput, *, ahead: bool = True, habits: Habits = NO_HABITS
) -> Assessment:
    """Assess a call.

    ahead -- whether to work out `settled`, `could_become` and `ask_next` as well; it is most of
    the work, and a back-test has no use for it.
    habits -- which answers the centre usually gets; they order `ask_next`, nothing else.
    """
    cases = cases_of(rule_set, call)
    outlook = look_ahead(rule_set, call, cases, habits) if ahead else NO_OUTLOOK
    if len(cases) == 1:
        return Assessment(rule_set, call, cases[0], outlook, habits)
    first, *others = sorted(cases, key=lambda one: protection(rule_set, one.decision))
    decision = stands(rule_set, [one.decision for one in cases])
    case = first._replace(decision=decision)
    return Assessment(rule_set, call, case, outlook, habits, tuple(others))


def assess_after_asking(
    rule_set: RuleSet, call: CallInput, habits: Habits = NO_HABITS
) -> Assessment:
    """Assess a call whose time for answers is over: where the rules would still ask first, whom
    `ask` names takes the place of waiting."""
    asks = assess(rule_set, call, ahead=False).outcome == "ask_more"
    return assess(rule_set.after_asking if asks else rule_set, call, habits=habits)


def _conflict(conflict: Conflict) -> dict[str, object]:
    return {
        "fact": conflict.fact,
        "values": [
            {"value": answer_as_json(report.value), "source": report.source}
            for report in conflict.answer.reports
        ],
        "taken": answer_as_json(conflict.taken),
        "by": conflict.by,
    }


def _follow_up(rule: str, one: FollowUp) -> dict[str, object]:
    return {
        "kind": one.kind,
        "owner": one.owner,
        "after_h": one.after_h,
        "what": one.what,
        "consent": one.consent,
        "rule": rule,
    }
