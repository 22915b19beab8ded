"""An escalation policy in words."""

from collections.abc import Sequence

from triage.context import current_context
from triage.domain.escalation import NEVER, Channel, EscalationPolicy, Moment, Step, Who
from triage.domain.ruleset import Level
from triage.domain.state_words import level_name
from triage.domain.timing import lasting
from triage.domain.words import listed, msgid

WHO = {
    Who.NEXT_TEAM: msgid("Ask the next team"),
    Who.SAME: msgid("Try the same person again"),
    Who.SUPERVISOR: msgid("Alarm the supervisors"),
    Who.ALL_HANDS: msgid("Ask everybody on shift"),
}
RUNG_BACK = msgid("The caller is to be rung back.")
CHANNEL = {Channel.SMS: msgid("by text"), Channel.VOICE: msgid("by telephone")}


def moment_in_words(moment: Moment) -> str:
    how = CHANNEL[moment.channel]
    if moment.who is Who.NEXT_TEAM:
        return msgid("Team %(number)s is asked %(how)s.", number=moment.number, how=how)
    if moment.who is Who.SAME:
        return msgid("Team %(number)s is tried again %(how)s.", number=moment.number, how=how)
    supervised = moment.who is Who.SUPERVISOR
    who = msgid("The supervisors are alarmed") if supervised else msgid("All hands are asked")
    if moment.number == 1:
        return msgid("%(who)s %(how)s.", who=who, how=how)
    return msgid("%(who)s %(how)s (time %(number)s).", who=who, how=how, number=moment.number)


def sentences(policy: EscalationPolicy) -> list[str]:
    """A policy as sentences, one for each step, and what comes after the last."""
    said = [_step_in_words(step) for step in policy.steps]
    if not policy.repeat_s:
        return [*said, msgid("Then it ends with the supervisors.")]
    again = msgid(
        "When nobody was left: again every %(time)s until somebody has it.",
        time=lasting(policy.repeat_s),
    )
    return [*said, again]


def beside(policy: EscalationPolicy, level_rank: int, levels: Sequence[Level] = ()) -> list[str]:
    """What else it lays down, or the settings where it says nothing.

    level_rank -- 0: every one of these levels.
    """
    ranks = policy.divert_ranks or current_context().centre.policy.divert_ranks
    if ranks >= NEVER:
        turn = msgid("No team on its way to another call is asked to come here instead.")
    else:
        turn = msgid(
            "A team on its way to a call less urgent by %(ranks)s or more levels may be asked to"
            " come here instead.",
            ranks=ranks,
        )
    return [_rung_back(policy, level_rank, levels), turn]


def _rung_back(policy: EscalationPolicy, level_rank: int, levels: Sequence[Level]) -> str:
    if policy.call_back_min is None and not level_rank:
        times = [
            listed(" ", (level_name(it.label), f"{call_back_min(policy, it.rank)} min"))
            for it in levels
        ]
        return msgid(
            "While nobody comes, the caller is to be rung back after: %(times)s.",
            times=listed(", ", times),
        )
    return msgid(
        "While nobody comes, the caller is to be rung back after %(minutes)s min.",
        minutes=call_back_min(policy, level_rank),
    )


def call_back_min(policy: EscalationPolicy, level_rank: int) -> int:
    by_settings = current_context().centre.policy.call_back_after(level_rank)
    return policy.call_back_min or int(by_settings.total_seconds() // 60)


def _step_in_words(step: Step) -> str:
    parts: list[str] = [listed(" ", (WHO[step.who], CHANNEL[step.channel]))]
    if step.who is Who.NEXT_TEAM:
        most = msgid("at most %(count)s", count=step.times)
        parts.append(most if step.times else msgid("as long as there is one"))
    else:
        if step.who is Who.SAME and step.wait_s is None:
            parts.append(msgid("after half of the time for the answer"))
        elif step.wait_s:
            parts.append(msgid("after %(time)s", time=lasting(step.wait_s)))
        if step.times > 1:
            parts.append(msgid("%(count)s times", count=step.times))
    return msgid("%(step)s.", step=listed(", ", parts))
