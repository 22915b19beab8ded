"""While somebody on a call needs help, or does not answer whether all is well, the desk takes
nobody off it by mistake: it is told of the alarm first, and then once more says that it is so.
Whoever clears themselves is asked nothing."""

from collections.abc import Iterable

from sqlalchemy import exists, select

from triage.domain.alarms import AlarmKind
from triage.domain.errors import Refused
from triage.domain.role_words import member_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import alarm_lists
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_SAYS = {
    AlarmKind.HELP: msgid(
        "%(who)s NEEDS HELP on this call, and that alarm is not over. First reach them by radio;"
        " when somebody knows that they are safe, say so under Alarms."
    ),
    AlarmKind.MISSED_CHECK_IN: msgid(
        "%(who)s DOES NOT ANSWER whether all is well on this call, and that alarm is not over."
        " First reach them by radio; when somebody knows that they are safe, say so under Alarms."
    ),
}


def stand_on(uow: UnitOfWork, call: Call) -> bool:
    """While they do nobody is called off by what is done for another reason."""
    of_call = STANDING_ALARM, Alarm.call_id == call.id, Alarm.kind.in_(_SAYS)
    return bool(uow.session.scalar(select(exists().where(*of_call))))


def must_be_known(uow: UnitOfWork, centre: Centre, call: Call, *, confirmed: bool) -> None:
    """Raises Refused with whose alarm it is, unless a person has confirmed it."""
    if (told := warning(uow, centre, call)) is not None and not confirmed:
        ask = msgid("Confirm that it is to be done all the same.")
        raise Refused(listed(" ", [told, ask]), "confirmed")


def must_be_over(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """Nobody agrees meanwhile that nobody need come. Raises Refused."""
    if (told := warning(uow, centre, call)) is not None:
        then = msgid("Until the alarm is over nobody can agree to cancel it.")
        raise Refused(listed(" ", [told, then]))


def warning(uow: UnitOfWork, centre: Centre, call: Call) -> Spoken | None:
    """Whose alarm stands on this call, and what to do first; None where none does."""
    open_ = alarm_lists.of_call(uow, centre, call.id, Alarm.kind.in_(_SAYS))
    told = [
        msgid(says, who=listed(", ", names))
        for kind, says in _SAYS.items()
        if (names := _names(alarm.responder for alarm in open_ if alarm.kind is kind))
    ]
    return listed(" ", told) if told else None


def _names(members: Iterable[Responder]) -> list[Spoken]:
    return list(dict.fromkeys(member_name(one.team.name, one.role) for one in members))
