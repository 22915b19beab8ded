"""What the command bar does: the same as the buttons of a call's page, said in one line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from triage.domain import desk_commands as language
from triage.domain.desk_commands import Command
from triage.domain.errors import NotFound, Refused
from triage.domain.lifecycle import ON_SITE, TAKEN, WANTED, DispatchState, PageState, SlotState
from triage.domain.role_words import role_name, roles_named
from triage.domain.words import begun, listed, msgid
from triage.services import (
    after_a_no,
    agreements,
    asked_again,
    assignments,
    by_radio,
    cad,
    call_pages,
    calls,
    check_ins,
    clearing,
    closing,
    command_refusals,
    command_words,
    dispatches,
    escalations,
    paging,
    response_words,
    rest_of_team,
    sending,
    teams_meant,
)
from triage.services.centre import Centre
from triage.services.pages import may_still_accept
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork

_STATES = {
    "go": (SlotState.EN_ROUTE, msgid("on the way")),
    "near": (SlotState.STAGED, msgid("waits near")),
    "there": (SlotState.ON_SCENE, msgid("on scene")),
    "move": (SlotState.TRANSPORTING, msgid("transporting")),
}


@dataclass(frozen=True)
class Done:
    """said -- what changed, in one sentence; call -- the reference of the one it is about."""

    said: str
    call: str


@dataclass(frozen=True)
class _At:
    """A command about a call."""

    uow: UnitOfWork
    centre: Centre
    call: Call
    command: Command
    confirmed: bool
    """A person knows that an alarm stands on it."""

    @property
    def rest(self) -> Sequence[str]:
        return self.command.rest

    def dispatches(self) -> list[Dispatch]:
        live = dispatches.of_call(self.uow, self.call)
        return [one for one in live if one.state not in dispatches.ENDED]

    def slots(self) -> list[Slot]:
        return [slot for dispatch in self.dispatches() for slot in dispatch.slots]


def find_call(uow: UnitOfWork, name: str) -> Call:
    """By its code or its reference. Raises Refused."""
    try:
        return (
            calls.by_reference(uow, name) if "-" in name else call_pages.newest_with_code(uow, name)
        )
    except NotFound:
        raise Refused(msgid("There is no call %(name)s.", name=name[:20])) from None


def do(uow: UnitOfWork, centre: Centre, command: Command, *, confirmed: bool = False) -> Done:
    """Do it. Raises Refused or Conflict with a sentence; nothing is changed then. A refusal of the
    field `confirmed` asks for just that."""
    call = find_call(uow, command.call)
    said = _DOES[command.verb.word](_At(uow, centre, call, command, confirmed))
    return Done(listed(": ", [call.code, said]), call.reference)


def _assign(at: _At) -> str:
    name, open_slots = _named(at), _sought(at)
    team = teams_meant.called(at.uow, name, at.call.code)
    given: list[Slot] = []
    for slot in open_slots:
        if (member := _member_for(team, slot, given)) is not None:
            assignments.assign(at.uow, at.centre, slot, member, None, confirmed=at.confirmed)
            given.append(slot)
    if not given:
        roles = listed(", ", [role_name(slot.role) for slot in open_slots])
        raise Refused(msgid("%(name)s has nobody to be %(roles)s.", name=team.name, roles=roles))
    return _assigned(given)


def _by_radio(at: _At) -> str:
    name, sought = _named(at), _sought(at)
    roles = list(dict.fromkeys(slot.role for slot in sought))
    if len(roles) > 1:
        named = language.named_first(at.rest, [command_words.of_role(role) for role in roles])
        if named is None:
            raise Refused(command_refusals.which_role(at.call.code, roles, name))
        roles, name = [roles[named[0]]], " ".join(named[1])
    slot = next(slot for slot in sought if slot.role == roles[0])
    assignments.assign(at.uow, at.centre, slot, None, name, confirmed=at.confirmed)
    return _assigned([slot])


def _named(at: _At) -> str:
    if not (name := " ".join(at.rest)):
        raise Refused(msgid("Who? Type: %(example)s.", example=at.command.verb.example))
    return name


def _sought(at: _At) -> list[Slot]:
    slots = [slot for slot in at.slots() if slot.state in WANTED]
    if found := [slot for slot in slots if slot.dispatch.reached_by == "page"]:
        return found
    if waiting := _wait_for_cad(at):
        if len(waiting) > 1:
            raise Refused(_several(at, waiting))
        raise Refused(command_refusals.through_cad(at.call.code))
    raise Refused(command_refusals.nobody_is_sought(at.uow, at.centre, at.call, at.dispatches()))


def _assigned(given: Sequence[Slot]) -> str:
    roles = listed(msgid(" and "), [role_name(slot.role) for slot in given])
    return msgid(
        "%(who_has)s is assigned as %(roles)s.", who_has=paging.who_has(given[0]), roles=roles
    )


def _member_for(team: Team, slot: Slot, given: Sequence[Slot]) -> Responder | None:
    taken = {one.responder_id for one in given}
    fitting = (m for m in team.members if m.role == slot.role and m.retired_at is None)
    return next((member for member in fitting if member.id not in taken), None)


def _held(at: _At, name: str) -> list[Slot]:
    """The places that this team or unit has; of the only one there is, where none is named."""
    held = [slot for slot in at.slots() if slot.state in TAKEN]
    by_name: dict[str, list[Slot]] = {}
    for slot in held:
        by_name.setdefault(paging.who_has(slot), []).append(slot)
    if not held:
        sending.must_be_open(at.call)
    nobody = msgid("No team has accepted %(code)s yet.", code=at.call.code)
    return by_name[_only(name, list(by_name), nobody)]


def _only(name: str, known: Sequence[str], nobody: str) -> str:
    found = language.meant(name, known) if name else list(known)
    if not known:
        raise Refused(nobody)
    if len(found) != 1:
        raise Refused(msgid("Which of them: %(names)s?", names=listed(", ", found or known)))
    return found[0]


def _advance(at: _At) -> str:
    state, words = _STATES[at.command.verb.word]
    slots = _held(at, " ".join(at.rest))
    who = paging.who_has(slots[0])
    for slot in slots:
        dispatches.advance(at.uow, at.centre, slot, state, "radio")
    return msgid("%(who)s %(state)s.", who=who, state=words)


def _clear(at: _At) -> str:
    slots = clearing.of_them(_held(at, " ".join(at.rest)))
    who = paging.who_has(slots[0])
    for slot in slots:
        clearing.clear(at.uow, at.centre, slot, confirmed=at.confirmed)
    said: str = msgid("%(who)s cleared.", who=who)
    left = rest_of_team.rest(slots[0].dispatch)
    if left and not any(slot.state in ON_SITE for slot in slots[0].dispatch.slots):
        asked = msgid(
            "%(roles)s still needed? Answer on its page.",
            roles=begun(roles_named(slot.role for slot in left)),
        )
        said = listed(" ", [said, asked])
    return by_radio.standing_down(at.uow, at.call, said)


def _eta(at: _At) -> str:
    *team, minutes = at.rest or ("",)
    whole = int(minutes) if minutes.isdecimal() and len(minutes) < 5 else 0
    dispatches.must_be_minutes(whole)
    slots = _held(at, " ".join(team))
    who = paging.who_has(slots[0])
    for slot in [one for one in slots if one.state not in ON_SITE] or slots:
        dispatches.set_eta(at.uow, slot, whole, "radio")
    return msgid("%(who)s arrives in %(minutes)s min.", who=who, minutes=minutes)


def _heard(at: _At) -> str:
    slots = _held(at, " ".join(at.rest))
    for slot in slots:
        check_ins.heard(at.uow, slot, "radio")
    return msgid("%(who_has)s: all is well, by radio.", who_has=paging.who_has(slots[0]))


def _is_open(page: Page) -> bool:
    return page.state is PageState.OPEN


def _pages(at: _At, which: Callable[[Page], bool]) -> dict[str, list[Page]]:
    """By the name of the team."""
    by_name: dict[str, list[Page]] = {}
    for page in (page for slot in at.slots() for page in slot.pages if which(page)):
        by_name.setdefault(page.team.name, []).append(page)
    return by_name


def _answer(at: _At) -> str:
    typed, by_name = " ".join(at.rest), _pages(at, _is_open)
    accepted = at.command.verb.word == "yes"
    meant = language.meant(typed, list(by_name)) if typed else list(by_name)
    if accepted and not meant:  # who was passed over, or said no, takes it after all
        by_name = {**_pages(at, may_still_accept), **by_name}
    nobody = msgid(
        "Nobody is asked about this call. To give it to a team type: a %(code)s TEAM.",
        code=at.call.code,
    )
    name = _only(typed, list(by_name), nobody)
    for page in by_name[name]:
        if _is_open(page) or (accepted and may_still_accept(page)):
            # The answer of one may have settled it for the other.
            dispatches.record_answer(at.uow, at.centre, page, accepted, "radio")
    if accepted:
        return msgid("%(name)s accepts by radio.", name=name)
    return msgid(
        "%(name)s declines by radio. %(then)s",
        name=name,
        then=after_a_no.what_follows(at.uow, at.centre, by_name[name][0]),
    )


def _send(at: _At) -> str:
    sent = sending.send_missing(at.uow, at.centre, at.call)
    if not sent:
        return msgid("nothing was missing, nobody else was sent.")
    return listed("", [response_words.sent(at.uow, at.centre, at.call, sent), "."])


def _again(at: _At) -> str:
    unfilled = [one for one in at.dispatches() if one.state is DispatchState.UNFILLED]
    if not unfilled:
        raise Refused(msgid("somebody is still being asked, or has it"))
    return listed(" ", [asked_again.ask_again(at.uow, at.centre, one) for one in unfilled])


def _cad(at: _At) -> str:
    waiting = _wait_for_cad(at)
    if len(at.rest) < 2 and len(waiting) > 1:
        raise Refused(_several(at, waiting))
    if len(at.rest) < 2:
        raise Refused(msgid("Type: %(example)s.", example=at.command.verb.example))
    *words, number = at.rest
    if not waiting:
        raise Refused(msgid("Nothing of this call waits for CAD."))
    one = waiting[0]
    if len(waiting) > 1:
        kinds = [at.centre.vocabulary.responses[one.response] for one in waiting]
        names = [[kind.label("en"), kind.label("es")] for kind in kinds]
        if (named := language.named_first(words, names)) is None:
            raise Refused(_several(at, waiting))
        one, words = waiting[named[0]], named[1]
    unit = " ".join(words)
    cad.confirm(at.uow, at.centre, one, unit, number)
    return msgid(
        "%(name)s is handed over to %(unit)s.",
        name=response_name(at.centre, one.response),
        unit=unit,
    )


def _wait_for_cad(at: _At) -> list[Dispatch]:
    waits = DispatchState.HAND_OVER
    return [it for it in at.dispatches() if it.state is waits and it.reached_by == "cad"]


def _several(at: _At, waiting: Sequence[Dispatch]) -> str:
    return command_refusals.several_for_cad(at.centre, at.call.code, waiting)


def _rang(at: _At) -> str:
    if not escalations.rang(at.uow, at.centre, at.call):
        raise Refused(msgid("No call-back of this call is due."))
    return msgid("the call-back is noted.")


def _drop(at: _At) -> str:
    reason = language.one_code(at.rest, command_words.reasons(), msgid("reason"))
    live = at.dispatches()
    if len(live) != 1:
        raise Refused(
            msgid("Several come to this call: cancel each on the call's page.")
            if live
            else msgid("Nobody comes to this call.")
        )
    agreements.drop(at.uow, at.centre, live[0], reason, confirmed=at.confirmed)
    return by_radio.standing_down(at.uow, at.call, agreements.dropped(at.centre, live[0]))


def _end(at: _At) -> str:
    disposition = language.one_code(at.rest, command_words.endings(), msgid("ending"))
    closing.close_call(at.uow, at.centre, at.call, disposition, None, confirmed=at.confirmed)
    said = msgid("closed: %(disposition)s.", disposition=language.ENDINGS[disposition])
    return by_radio.standing_down(at.uow, at.call, said)


_DOES: Mapping[str, Callable[[_At], str]] = {
    "a": _assign,
    "radio": _by_radio,
    "yes": _answer,
    "no": _answer,
    "eta": _eta,
    **dict.fromkeys(_STATES, _advance),
    "clear": _clear,
    "ok": _heard,
    "send": _send,
    "again": _again,
    "cad": _cad,
    "rang": _rang,
    "drop": _drop,
    "end": _end,
}
