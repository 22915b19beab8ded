"""What a new escalation policy, or the end of one, would change, before it is so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from triage.domain.escalation import (
    HANDED_OVER,
    Channel,
    EscalationPolicy,
    Who,
    default_policy,
    most_specific,
    preview,
)
from triage.domain.ruleset import Level
from triage.domain.state_words import level_name
from triage.domain.words import listed, msgid
from triage.entrypoints.web.escalation_words import CHANNEL, WHO, beside, call_back_min, sentences

HOURS = 2
TEAMS = 3
"""How far, and with how many teams to ask, two policies are compared."""

Where = tuple[str, int]
Times = Mapping[tuple[Who, Channel], Sequence[int]]


@dataclass(frozen=True)
class Change:
    """What one policy that holds now would give way to, at one level."""

    level: str
    responses: str
    now: str
    """The name of the policy that holds."""
    then: str
    """The name of the one that would hold."""
    ends: Sequence[str]
    """What it says and the new one does not."""
    begins: Sequence[str]
    slower: Sequence[str]
    """Who would be asked later or less often."""


def changes(
    live: Mapping[Where, EscalationPolicy],
    where: Where,
    policy: EscalationPolicy | None,
    levels: Sequence[tuple[Level, int]],
    responses: Mapping[str, str],
) -> list[Change]:
    """For each level at which the policy would hold, and each policy that holds there now.

    policy -- None: what is laid down there ends, and something more general holds. levels -- each
    with the seconds for an answer; responses -- their words by id.
    """
    then, found = {**live}, []
    if policy is None:
        del then[where]
    else:
        then[where] = policy
    for level, answer_s in levels:
        by_policy: dict[tuple[EscalationPolicy, EscalationPolicy], list[str]] = {}
        for response, words in responses.items():
            now, after = (most_specific(each, response, level.rank) for each in (live, then))
            if (now is live[where]) if policy is None else (after is policy):
                default = default_policy(level.rank, response)
                both = (now or default, after or default)
                by_policy.setdefault(both, []).append(words)
        for (now, after), names in by_policy.items():
            found.append(_change(level, now, after, answer_s, listed(", ", names)))
    return found


def _change(
    level: Level, now: EscalationPolicy, then: EscalationPolicy, answer_s: int, responses: str
) -> Change:
    before, after = ([*sentences(it), *beside(it, level.rank)] for it in (now, then))
    return Change(
        level_name(level.label),
        responses,
        _name(now, level),
        _name(then, level),
        [said for said in before if said not in after],
        [said for said in after if said not in before],
        [
            *_slower(_times(now, answer_s), _times(then, answer_s)),
            *_rung_later(*(call_back_min(it, level.rank) for it in (now, then))),
        ],
    )


def _name(policy: EscalationPolicy, level: Level) -> str:
    defaults = (default_policy(level.rank, response) for response in ("", HANDED_OVER))
    return msgid("Default") if policy in defaults else policy.name


def _times(policy: EscalationPolicy, answer_s: int) -> Times:
    """When each is asked, in seconds, if nobody answers."""
    times: dict[tuple[Who, Channel], list[int]] = {}
    for moment in preview(policy, answer_s, TEAMS, HOURS * 3600, most=10_000):
        times.setdefault((moment.who, moment.channel), []).append(moment.after_s)
    return times


def _slower(before: Times, after: Times) -> list[str]:
    told: list[str] = []
    for (who, channel), old in before.items():
        new = after.get((who, channel), ())
        if len(new) < len(old) or any(b > a for a, b in zip(old, new, strict=False)):
            what = listed(" ", (WHO[who], CHANNEL[channel]))
            told.append(
                msgid(
                    "%(what)s: now %(before)s; then %(after)s.",
                    what=what,
                    before=_said(old),
                    after=_said(new),
                )
            )
    return told


def _rung_later(before: int, after: int) -> list[str]:
    if after <= before:
        return []
    return [
        msgid(
            "Ring the caller back: now after %(before)s min; then after %(after)s min.",
            before=before,
            after=after,
        )
    ]


def _said(times: Sequence[int]) -> str:
    if not times:
        return msgid("never")
    first = f"{times[0] // 60}:{times[0] % 60:02}"
    if len(times) == 1:
        return msgid("first after %(first)s min, in %(hours)s hours once", first=first, hours=HOURS)
    return msgid(
        "first after %(first)s min, in %(hours)s hours %(count)s times",
        first=first,
        hours=HOURS,
        count=len(times),
    )


def fingerprint(slower: Sequence[Change]) -> str:
    """Of what was confirmed: another warning has to be confirmed anew."""
    told = repr([(one.level, one.responses, one.now, one.then, [*one.slower]) for one in slower])
    return sha256(told.encode()).hexdigest()[:16]
