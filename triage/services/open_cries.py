"""While somebody on a call needs help the desk takes nobody off it by mistake: it is told of the
alarm first, and then once more says that it is so. Whoever clears themselves is asked nothing."""

from triage.domain.alarms import AlarmKind
from triage.domain.errors import Refused
from triage.domain.role_words import member_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import alarm_lists
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.safety import Alarm
from triage.storage.unit_of_work import UnitOfWork


def must_be_known(uow: UnitOfWork, centre: Centre, call: Call, *, confirmed: bool) -> None:
    """Raises Refused with whose alarm it is, unless a person has confirmed it."""
    if (warning := _warning(uow, centre, call)) is not None and not confirmed:
        ask = msgid("Confirm that it is to be done all the same.")
        raise Refused(listed(" ", [warning, ask]), "confirmed")


def must_be_over(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """Nobody agrees meanwhile that nobody need come. Raises Refused."""
    if (warning := _warning(uow, centre, call)) is not None:
        then = msgid("Until the alarm is over nobody can agree to cancel it.")
        raise Refused(listed(" ", [warning, then]))


def _warning(uow: UnitOfWork, centre: Centre, call: Call) -> Spoken | None:
    of_help = alarm_lists.of_call(uow, centre, call.id, Alarm.kind == AlarmKind.HELP)
    members = [alarm.responder for alarm in of_help]
    if not members:
        return None
    names = dict.fromkeys(member_name(one.team.name, one.role) for one in members)
    return msgid(
        "%(who)s NEEDS HELP on this call, and that alarm is not over. First reach them by radio;"
        " when somebody knows that they are safe, say so under Alarms.",
        who=listed(", ", list(names)),
    )
