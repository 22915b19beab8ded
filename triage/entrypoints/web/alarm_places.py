"""In words for the desk: why nobody can be sure where somebody is who raised an alarm."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from triage.domain.lifecycle import CallState, PageState, SlotState
from triage.domain.role_words import member_name
from triage.domain.state_words import small_state_name
from triage.domain.words import Spoken, listed, msgid
from triage.entrypoints.web.page import local_time
from triage.services import alarm_places
from triage.services.alarm_places import Doubt, LastKnown
from triage.storage.dispatches import Page
from triage.storage.safety import Alarm
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

_LONGEST_PLACE = 50


@showing_a_list()
def told(uow: UnitOfWork, alarms: Iterable[Alarm]) -> Mapping[UUID, Spoken]:
    """By alarm; nothing of one whose call is where they are."""
    by_id = {alarm.id: alarm for alarm in alarms}
    doubts = alarm_places.doubts(uow, by_id.values())
    return {key: _told(by_id[key], doubt) for key, doubt in doubts.items()}


def _told(alarm: Alarm, doubt: Doubt) -> Spoken:
    who = member_name(alarm.responder.team.name, alarm.responder.role)
    said: list[Spoken] = [msgid("This call is closed.")] if doubt.closed else []
    if doubt.page is not None:
        said.append(_not_there(who, doubt.page, had=doubt.page.id in doubt.accepted))
    if doubt.written is not None:
        said.append(_written(doubt, doubt.written, doubt.of_theirs))
    if doubt.on:
        said.append(msgid("They are on: %(codes)s.", codes=listed(", ", doubt.on)))
    else:
        if alarm.call is not None:  # else that is said already
            said.append(msgid("They are on no call."))
        if doubt.last is not None or not doubt.accepted:
            said.append(_last(doubt.last))
    return listed(" ", said)


def _not_there(who: Spoken, page: Page, *, had: bool) -> Spoken:
    """Of the call of the alarm."""
    if page.state is PageState.DECLINED:
        return msgid("%(who)s said no to it.", who=who)
    if not had:
        return msgid("%(who)s was only asked, has not accepted.", who=who)
    if page.state is PageState.ACCEPTED and page.slot.state is SlotState.WITHDRAWN:
        return msgid("%(who)s had to leave it.", who=who)
    return msgid("%(who)s is not on it any more.", who=who)


def _written(doubt: Doubt, code: str, of_theirs: Page | None) -> Spoken:
    if of_theirs is None:
        return msgid("They wrote the code %(code)s, which is of no call of theirs.", code=code)
    if of_theirs.slot.dispatch.call.state is CallState.CLOSED:
        return msgid("They wrote the code %(code)s: that call is closed.", code=code)
    if of_theirs.id not in doubt.accepted:
        return msgid(
            "They wrote the code %(code)s: they were only asked to that call, and have not"
            " accepted.",
            code=code,
        )
    return msgid("They wrote the code %(code)s: they are not on that call any more.", code=code)


def _last(known: LastKnown | None) -> Spoken:
    if known is None:
        return msgid("They had no call in the last 30 days.")
    return msgid(
        "Last known: %(code)s, %(place)s, %(state)s, %(time)s.",
        code=known.call.code,
        place=_place(known.call.location),
        state=small_state_name(known.slot.state),
        time=local_time(known.at) if known.at else msgid("time not known"),
    )


def _place(said: str | None) -> str:
    """In short; what stands in place of one is said in the reader's language."""
    if not said:
        return msgid("place not known")
    return said if isinstance(said, Spoken) else said[:_LONGEST_PLACE]
