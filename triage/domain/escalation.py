"""Whom to try next when nobody has answered: an escalation policy as data.

A policy has two parts. While there are teams to ask, one team after the other is asked, and each
person who is asked may be reminded or rung meanwhile. When nobody is left to ask, what stands
beyond is done step by step, and begun anew until somebody takes the call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar

from triage.domain.errors import Problem
from triage.domain.words import msgid

T = TypeVar("T")

HANDED_OVER = "handed_over"
"""In place of a response: whatever a person at the desk hands over, in CAD or to a telephone line.
No team is asked for it, so a policy for it has steps of supervisors alone."""
HIGHEST = 1
"""The rank of the most urgent level."""
MOST_STEPS = 12
LONGEST_WAIT_S = 4 * 3600
MOST_TIMES = 20
LONGEST_CALL_BACK_MIN = 24 * 60
NEVER = 9
"""So many levels less urgent than another no call is."""
OF_THE_SETTINGS = (
    (
        "call_back_min",
        msgid("Write whole minutes, 1 to %(most)s, or nothing.", most=f"{LONGEST_CALL_BACK_MIN:,}"),
        LONGEST_CALL_BACK_MIN,
    ),
    ("divert_ranks", msgid("Write how many levels, 1 to %(most)s, or nothing.", most=NEVER), NEVER),
)
"""What a policy may say and otherwise the settings do: where, what to write, and the most."""


class Who(StrEnum):
    NEXT_TEAM = "next_team"
    SAME = "same"  # whoever is being asked now
    SUPERVISOR = "supervisor"
    ALL_HANDS = "all_hands"  # everybody on shift who could do it


class Channel(StrEnum):
    SMS = "sms"
    VOICE = "voice"


@dataclass(frozen=True)
class Step:
    """One thing to try."""

    who: Who
    channel: Channel = Channel.SMS
    wait_s: int | None = 0
    """After the step before it. For `same`, None is half of the time for the answer."""
    times: int = 1
    """How often. For `next_team`: how many teams at most, 0 for as many as there are."""
    every_s: int = 0
    """Between the times."""


@dataclass(frozen=True)
class EscalationPolicy:
    name: str
    steps: tuple[Step, ...]
    repeat_s: int
    """What is beyond the teams begins anew after so long, until taken; 0: it does not."""
    call_back_min: int | None = None
    """So long a caller waits for a team without hearing from us, and a supervisor has charge
    before they are asked again; None: as the settings say for the level."""
    divert_ranks: int | None = None
    """A team on its way to a call so many levels less urgent may be asked to come here instead,
    NEVER for none; None: as the settings say."""

    @property
    def reminders(self) -> tuple[Step, ...]:
        """What is done to whoever is being asked."""
        return tuple(step for step in self.steps if step.who is Who.SAME)

    @property
    def beyond(self) -> tuple[Step, ...]:
        """What is done when nobody is left to ask."""
        return tuple(s for s in self.steps if s.who in {Who.SUPERVISOR, Who.ALL_HANDS})

    @property
    def ends_after(self) -> int | None:
        """After each so many steps beyond the teams nothing follows; None where it begins anew."""
        return None if self.repeat_s else sum(step.times for step in self.beyond)

    @property
    def most_teams(self) -> int | None:
        """How many teams are asked one after the other; None for all of them."""
        if self.steps[0].who is not Who.NEXT_TEAM:
            return 0
        return self.steps[0].times or None


@dataclass(frozen=True)
class Done:
    """How far an escalation has come. times -- steps done; at -- when the last was, or when
    nobody was left to ask."""

    times: int
    at: datetime


@dataclass(frozen=True)
class Due:
    """The next step, and when."""

    step: Step
    at: datetime
    round: int
    """1 for the first time through, then 2 ..."""
    begins: bool
    """The first step of its round."""
    anew: bool
    """Nobody of its kind was asked in this round before."""


def default_policy(level_rank: int, response: str = "") -> EscalationPolicy:
    """What holds where no supervisor has written anything else."""
    if response == HANDED_OVER:
        return only_supervisors(default_policy(level_rank))
    ask = Step(Who.NEXT_TEAM, times=0)
    tell = Step(Who.SUPERVISOR)
    if level_rank <= HIGHEST:
        ring = Step(Who.SAME, Channel.VOICE, wait_s=None)
        call = Step(Who.SUPERVISOR, Channel.VOICE)
        return EscalationPolicy("Default", (ask, ring, tell, call, Step(Who.ALL_HANDS)), 120)
    call = Step(Who.SUPERVISOR, Channel.VOICE, wait_s=120)
    return EscalationPolicy("Default", (ask, tell, call), 600)


def only_supervisors(policy: EscalationPolicy) -> EscalationPolicy:
    """Its part for what no team of ours is asked for."""
    return replace(policy, steps=tuple(s for s in policy.steps if s.who is Who.SUPERVISOR))


def next_step(
    policy: EscalationPolicy, history: Done, now: datetime, *, again: bool = False
) -> Due | None:
    """The next step beyond the teams, never before its time, or None at the end of a policy
    that does not begin anew. What is long overdue is due now: nothing is caught up.

    again -- let also such a policy begin anew.
    """
    once = [(step, _gap(step, n)) for step in policy.beyond for n in range(step.times)]
    if not once:
        return None
    rounds, place = divmod(history.times, len(once))
    if rounds and place == 0 and not (policy.repeat_s or again):
        return None
    step, wait_s = once[place]
    if rounds and place == 0:
        wait_s = policy.repeat_s
    due_at = max(history.at + timedelta(seconds=wait_s), now)
    anew = all(earlier.who is not step.who for earlier, _ in once[:place])
    return Due(step, due_at, rounds + 1, place == 0, anew)


def _gap(step: Step, n: int) -> int:
    return step.every_s if n else step.wait_s or 0


def reminders(policy: EscalationPolicy, answer_s: int) -> list[tuple[int, Channel]]:
    """When, in seconds after the page, and how whoever is asked is tried again: only while
    there is time for the answer."""
    due, after = [], 0
    for step in policy.reminders:
        for n in range(step.times):
            after += answer_s // 2 if n == 0 and step.wait_s is None else _gap(step, n)
            due.append((after, step.channel))
    return [(seconds, channel) for seconds, channel in due if seconds < answer_s]


@dataclass(frozen=True)
class Moment:
    """What would happen, so many seconds after the call was sent."""

    after_s: int
    who: Who
    channel: Channel
    number: int
    """Of the team that is asked; of the round beyond the teams."""


def preview(
    policy: EscalationPolicy, answer_s: int, teams: int, until_s: int, most: int = 100
) -> list[Moment]:
    """What would happen to a call that nobody answers, with so many teams to ask."""
    asked = teams if policy.most_teams is None else min(teams, policy.most_teams)
    moments = []
    for number in range(1, asked + 1):
        begin = (number - 1) * answer_s
        moments.append(Moment(begin, Who.NEXT_TEAM, Channel.SMS, number))
        for after, channel in reminders(policy, answer_s):
            moments.append(Moment(begin + after, Who.SAME, channel, number))
    zero = datetime(1, 1, 1, tzinfo=UTC)
    history = Done(0, zero + timedelta(seconds=asked * answer_s))
    while len(moments) < most and (due := next_step(policy, history, history.at)) is not None:
        after = int((due.at - zero).total_seconds())
        if after > until_s:
            break
        moments.append(Moment(after, due.step.who, due.step.channel, due.round))
        history = Done(history.times + 1, due.at)
    return [moment for moment in moments if moment.after_s <= until_s][:most]


def as_rows(policy: EscalationPolicy) -> list[dict[str, Any]]:
    """The steps as they are kept."""
    return [
        {
            "who": step.who.value,
            "channel": step.channel.value,
            "wait_s": step.wait_s,
            "times": step.times,
            "every_s": step.every_s,
        }
        for step in policy.steps
    ]


def read_policy(
    name: str,
    rows: Iterable[Mapping[str, Any]],
    repeat_s: int,
    call_back_min: int | None = None,
    divert_ranks: int | None = None,
) -> tuple[EscalationPolicy, list[Problem]]:
    """The policy that these rows say, and all that is wrong with it."""
    steps = tuple(_step(row) for row in rows)
    named = " ".join(name.split())
    policy = EscalationPolicy(named, steps, repeat_s, call_back_min, divert_ranks)
    return policy, list(problems(policy))


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        Who(row["who"]), Channel(row["channel"]), row["wait_s"], row["times"], row["every_s"]
    )


def problems(policy: EscalationPolicy, response: str = "") -> Iterable[Problem]:
    """What must be mended before calls of this response may follow this policy. Paths are names
    of its fields, or `steps.N.part`, N counted from 1."""
    if not 0 < len(policy.name) <= 60 or not policy.name.isprintable():
        yield Problem("name", msgid("Write a name, up to 60 characters."))
    yield from _whom(policy, response)
    if len(policy.steps) > MOST_STEPS:
        yield Problem("steps", msgid("At most %(most)s steps.", most=MOST_STEPS))
    for number, step in enumerate(policy.steps, 1):
        yield from _problems_of(step, number)
    yield from _order(policy.steps)
    for path, told, most in OF_THE_SETTINGS:
        written = getattr(policy, path)
        if written is not None and not 1 <= written <= most:
            yield Problem(path, told)
    if not 0 <= policy.repeat_s <= LONGEST_WAIT_S or 0 < policy.repeat_s < 30:
        yield Problem("repeat_s", msgid("Begin anew after 30 seconds to 4 hours, or 0 for never."))
    if not policy.beyond:
        yield Problem(
            "steps",
            msgid("Say what happens when nobody is left to ask: the supervisor or all hands."),
        )
    elif not policy.repeat_s and policy.steps[-1].who is not Who.SUPERVISOR:
        yield Problem(
            "repeat_s",
            msgid("It must begin anew, or end with the supervisor: no call may be forgotten."),
        )


def _whom(policy: EscalationPolicy, response: str) -> Iterable[Problem]:
    if response == HANDED_OVER:
        for number, step in enumerate(policy.steps, 1):
            if step.who is not Who.SUPERVISOR:
                told = msgid("Of what is handed over only the supervisors can be alarmed.")
                yield Problem(f"steps.{number}.who", told)
        for path in ("call_back_min", "divert_ranks"):
            if getattr(policy, path) is not None:
                told = msgid("This says nothing of what is handed over: leave it as it was.")
                yield Problem(path, told)
    elif not policy.steps or policy.steps[0].who is not Who.NEXT_TEAM:
        yield Problem("steps", msgid("The first step must be to ask the next team."))


def _problems_of(step: Step, number: int) -> Iterable[Problem]:
    at = f"steps.{number}."
    fewest = 0 if step.who is Who.NEXT_TEAM else 1
    if not fewest <= step.times <= MOST_TIMES:
        yield Problem(
            at + "times", msgid("How often: %(least)s to %(most)s.", least=fewest, most=MOST_TIMES)
        )
    if step.wait_s is None:
        if step.who is not Who.SAME:
            yield Problem(at + "wait_s", msgid("Write how long to wait, 0 for not at all."))
    elif not 0 <= step.wait_s <= LONGEST_WAIT_S:
        yield Problem(at + "wait_s", msgid("Wait 0 seconds to 4 hours."))
    elif step.who is Who.SAME and step.wait_s < 10:
        yield Problem(
            at + "wait_s", msgid("Give them 10 seconds at least before they are tried again.")
        )
    if step.who is not Who.NEXT_TEAM and step.times > 1 and step.every_s < 10:
        yield Problem(at + "every_s", msgid("At least 10 seconds between the times."))
    elif not 0 <= step.every_s <= LONGEST_WAIT_S:
        yield Problem(at + "every_s", msgid("0 seconds to 4 hours between the times."))
    if step.channel is Channel.VOICE and step.who in {Who.NEXT_TEAM, Who.ALL_HANDS}:
        yield Problem(
            at + "channel", msgid("Teams are asked by text first; ring them with a step after.")
        )


def _order(steps: Sequence[Step]) -> Iterable[Problem]:
    part = {Who.NEXT_TEAM: 0, Who.SAME: 1, Who.SUPERVISOR: 2, Who.ALL_HANDS: 2}
    for number, (before, step) in enumerate(pairwise(steps), 2):
        if step.who is Who.NEXT_TEAM:
            yield Problem(f"steps.{number}.who", msgid("Teams are asked in the first step only."))
        elif part[step.who] < part[before.who]:
            yield Problem(
                f"steps.{number}.who",
                msgid("Whoever is asked is tried again before anybody else is."),
            )


def most_specific(live: Mapping[tuple[str, int], T], response: str, level_rank: int) -> T | None:
    """What is laid down for a response at a level, by (response or "", rank or 0): for both,
    else for the response, else for the level, else for everything. What is laid down for every
    response is about teams, and not for what is handed over."""
    order = [(response, level_rank), (response, 0)]
    if response != HANDED_OVER:
        order += [("", level_rank), ("", 0)]
    return next((live[key] for key in order if key in live), None)
