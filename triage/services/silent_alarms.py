"""What the desk may not end by mistake while a silent alarm stands: the call, and the places on it
of whoever is forced, who would read on their own screen what has become of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from triage.domain.errors import Refused
from triage.domain.lifecycle import TAKEN, PageState, SlotState
from triage.domain.role_words import member_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import alarm_lists, dispatches, open_cries, silences
from triage.services.centre import Centre
from triage.services.pages import who_has
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_HAD = TAKEN | {SlotState.CLEARED}


@dataclass(frozen=True)
class Standing:
    """The silent alarms that stand on a call."""

    of: Sequence[str]
    """Whose, by team and role."""
    kept: Sequence[str]
    """Who is on the call or is to come: no closing ends what they do."""

    @property
    def warning(self) -> Spoken:
        """What whoever would close the call must know."""
        told = msgid(
            "A silent alarm of %(who)s stands on this call. Their danger is not over because the"
            " call is.",
            who=listed(", ", self.of),
        )
        if not self.kept:
            then = msgid("The alarm stays on the board until somebody says that they are safe.")
        else:
            then = msgid(
                "The call stays open while the alarm stands and somebody is on it or is to come:"
                " %(kept)s. Closing it clears and calls off nobody.",
                kept=listed(", ", self.kept),
            )
        return listed(" ", [told, then])


def of_call(uow: UnitOfWork, centre: Centre, call: Call) -> Standing | None:
    """None where no silent alarm stands on it."""
    whose = _whose(uow, call)
    if not whose:
        return None
    members = sorted((uow.get(Responder, key) for key in whose), key=lambda one: one.team.name)
    return Standing(
        [member_name(one.team.name, one.role) for one in members],
        list(dict.fromkeys(name for one in _live(uow, call) for name in _names(centre, one))),
    )


def stands_on(uow: UnitOfWork, call: Call) -> bool:
    return bool(_whose(uow, call))


def _whose(uow: UnitOfWork, call: Call) -> frozenset[UUID]:
    """Who raised one on this call, or on another and has a place on this one."""
    if not (raised := silences.who_raised(uow)):
        return frozenset()
    here = {
        slot.responder_id
        for dispatch in dispatches.of_call(uow, call)
        for slot in dispatch.slots
        if slot.state in TAKEN
    }
    return silences.raised_on(uow, call.id) | (raised & here)


def _live(uow: UnitOfWork, call: Call) -> list[Dispatch]:
    """But for a telephone line: it is nobody's help there."""
    return [
        one
        for one in dispatches.of_call(uow, call)
        if one.state not in dispatches.ENDED and one.reached_by != "transfer"
    ]


def _names(centre: Centre, dispatch: Dispatch) -> list[str]:
    come = [who_has(slot) for slot in dispatch.slots if slot.state in TAKEN]
    return come or [response_name(centre, dispatch.response)]


def must_allow_closing(uow: UnitOfWork, centre: Centre, call: Call, *, confirmed: bool) -> None:
    """Raises Refused with what to know while a silent alarm stands on the call, or somebody needs
    help. Where nobody is on it and none is to come, and for who needs help, a person may confirm
    that it is closed all the same."""
    standing = of_call(uow, centre, call)
    if standing is None:
        open_cries.must_be_known(uow, centre, call, confirmed=confirmed)
    if standing is None or (confirmed and not standing.kept):
        return
    if standing.kept:
        raise Refused(standing.warning)
    ask = msgid("Confirm that the call is to be closed all the same.")
    raise Refused(listed(" ", [standing.warning, ask]), "confirmed")


def must_be_known(uow: UnitOfWork, centre: Centre, call: Call, *, confirmed: bool) -> None:
    """Before somebody is taken off the call: while a silent alarm stands on it, or somebody there
    needs help, a person confirms it. Raises Refused."""
    standing = of_call(uow, centre, call)
    if standing is None:
        open_cries.must_be_known(uow, centre, call, confirmed=confirmed)
    elif not confirmed:
        raise Refused(
            msgid(
                "A silent alarm of %(who)s stands on this call, and whoever comes there is their"
                " help. Do not ring, text or radio them. Confirm that it is to be done all the"
                " same.",
                who=listed(", ", standing.of),
            ),
            "confirmed",
        )


def must_be_over(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """Nobody agrees meanwhile that nobody need come. Raises Refused."""
    if (standing := of_call(uow, centre, call)) is not None:
        then = msgid("Until the alarm is over nobody can agree to cancel it.")
        raise Refused(listed(" ", [standing.warning, then]))
    open_cries.must_be_over(uow, centre, call)


def call_is_closed(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """That a silent alarm stood is written where programs that read calls do not see it."""
    for alarm in alarm_lists.of_call(uow, centre, call.id):
        if alarm.covert:
            member = alarm.responder
            uow.audit(
                "alarm.call_closed",
                alarm,
                kind=alarm.kind.value,
                team=member.team.name,
                role=member.role,
            )


def must_not_show(uow: UnitOfWork, slots: Iterable[Slot]) -> None:
    """Would whoever is forced, or is with them, read of a change to these? Raises Refused."""
    if names := would_read(uow, slots):
        raise Refused(
            msgid(
                "A silent alarm stands, and %(who)s would read on their telephone what is changed"
                " here. Nothing is changed for them until it is over. Send help in addition,"
                " without warning them.",
                who=listed(", ", names),
            )
        )


def would_read(uow: UnitOfWork, slots: Iterable[Slot]) -> Sequence[str]:
    """The teams that may be forced, or are with who is, and read of a change to these."""
    return list(dict.fromkeys(name for slot in slots for name in _read_by(uow, slot)))


def _read_by(uow: UnitOfWork, slot: Slot) -> list[str]:
    """The teams of those who have the place, had it until they cleared, or are asked."""
    eyes = silences.watched(uow, slot.dispatch.call_id)
    asked = [page for page in slot.pages if page.state is PageState.OPEN]
    names = [page.team.name for page in asked if page.responder_id in eyes]
    if slot.state in _HAD and slot.team is not None and slot.responder_id in eyes:
        names.append(slot.team.name)
    return names
