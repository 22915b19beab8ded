"""Which responses and levels there are to lay down escalation policies for, and those that hold."""

from collections.abc import Sequence

from triage.context import current_context
from triage.domain.escalation import HANDED_OVER, EscalationPolicy
from triage.domain.ruleset import Level
from triage.domain.state_words import level_name
from triage.domain.words import listed, msgid
from triage.entrypoints.web.languages import spoken
from triage.services import escalation_policies, rosters, rule_sets
from triage.services.escalation_policies import Kept
from triage.storage.unit_of_work import UnitOfWork

ANSWER_MIN = 2
"""Where no level says how long a page may go unanswered."""

Where = tuple[str, int]


def live(uow: UnitOfWork) -> dict[Where, EscalationPolicy]:
    return {(it.response, it.level_rank): it.policy for it in escalation_policies.in_force(uow)}


def responses() -> dict[str, str]:
    given = rosters.responses(current_context().centre)
    ours = {key: words for key, words in given.items() if key != rosters.SUPERVISION}
    return ours | {HANDED_OVER: msgid("What is handed over, in CAD or to a telephone line")}


def levels(uow: UnitOfWork) -> list[Level]:
    """Those of the rules that decide calls, one for each rank."""
    centre = current_context().centre
    written = rule_sets.live(uow, centre, centre.policy.rule_set).levels
    by_rank = {level.rank: level for level in reversed(written)}
    return [by_rank[rank] for rank in sorted(by_rank)]


def time_to_answer(levels: Sequence[Level]) -> str:
    times = [
        listed(" ", (level_name(it.label), f"{it.answer_within_min or ANSWER_MIN} min"))
        for it in levels
    ]
    said = msgid("A team has so long to answer before the next is asked: %(times)s.")
    return msgid(said, times=listed(", ", times))


def where_in_words(one: Kept, levels: Sequence[Level]) -> str:
    level = next((level_name(it.label) for it in levels if it.rank == one.level_rank), None)
    response = responses().get(one.response, one.response) or msgid("Every response")
    if one.level_rank == 0:
        return msgid("%(response)s, every level", response=response)
    named = level or msgid("level %(rank)s", rank=one.level_rank)
    return listed(", ", (response, named))


def suggested_name(uow: UnitOfWork, response: str, level_rank: int) -> str:
    """What a policy for these may be called, until a person calls it otherwise."""
    level = next((level_name(it.label) for it in levels(uow) if it.rank == level_rank), None)
    named = responses().get(response) or msgid("Every response")
    name: str = spoken(listed(", ", (named, level or msgid("every level"))))
    return name[:60]


def answer_s(level: Level | None) -> int:
    return 60 * ((level.answer_within_min if level else None) or ANSWER_MIN)


def levels_timed(uow: UnitOfWork) -> list[tuple[Level, int]]:
    """Each with the seconds that a team has to answer."""
    return [(level, answer_s(level)) for level in levels(uow)]
