"""Why a command about a call cannot be done as it was typed, and what to type instead."""

from collections.abc import Sequence

from triage.domain.lifecycle import TAKEN, DispatchState
from triage.domain.role_words import role_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import assessments, paging, sending
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


def which_role(code: str, roles: Sequence[str], unit: str) -> Spoken:
    """A unit by radio takes one place of several."""
    return msgid(
        "Several are sought (%(roles)s): say which, such as: radio %(code)s %(role)s %(name)s.",
        roles=listed(", ", [role_name(role) for role in roles]),
        code=code,
        role=role_name(roles[0]),
        name=unit,
    )


def several_for_cad(centre: Centre, code: str, waiting: Sequence[Dispatch]) -> Spoken:
    names = [response_name(centre, one.response) for one in waiting]
    return msgid(
        "Several wait for CAD (%(names)s): say which before the unit, such as:"
        " cad %(code)s %(name)s UNIT CAD-NUMBER.",
        names=listed(", ", names),
        code=code,
        name=names[0],
    )


def through_cad(code: str) -> Spoken:
    return msgid(
        "No team of ours is sought; what goes through CAD is confirmed so: cad %(code)s"
        " UNIT CAD-NUMBER.",
        code=code,
    )


def nobody_is_sought(
    uow: UnitOfWork, centre: Centre, call: Call, live: Sequence[Dispatch]
) -> Spoken:
    """No place of a team is to be given. live -- what of the call has not ended."""
    said = [_who_has_it(centre, live)]
    record = assessments.latest(uow, call)
    if record and (missing := sending.not_sent(uow, call, assessments.decision_of(record))):
        names = listed(", ", [response_name(centre, one) for one in missing])
        said.append(
            msgid(
                "To send what is recommended (%(names)s) type: send %(code)s.",
                names=names,
                code=call.code,
            )
        )
    said.append(msgid("To choose another response open the call: o %(code)s.", code=call.code))
    return listed(" ", said)


def _who_has_it(centre: Centre, live: Sequence[Dispatch]) -> Spoken:
    given_back = DispatchState.UNFILLED
    lines = [one for one in live if one.reached_by == "transfer" and one.state is given_back]
    having = [slot for one in live for slot in one.slots if slot.state in TAKEN]
    if lines:
        line = response_name(centre, lines[0].response)
        return msgid("%(line)s has not taken the caller, and no team is sought.", line=line)
    if having:
        who = dict.fromkeys(paging.who_has(slot) for slot in having)
        return msgid("No other team is sought: it is with %(who)s.", who=listed(", ", who))
    return msgid("No team is sought.")
