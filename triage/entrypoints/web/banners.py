"""What concerns everybody, on every page within seconds: that paging does not work and what to
do by telephone, teams that need help, calls to which nobody comes."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import cast
from uuid import UUID

from flask import Blueprint, Flask, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from triage.context import AppContext, current_context
from triage.domain.alarms import NO_CALL, REACHES_NOBODY, says, to_do
from triage.domain.findings import OF_THE_DESK, told, told_in_the_field
from triage.domain.lifecycle import DispatchState
from triage.domain.role_words import role_name
from triage.domain.transfers import TransferState
from triage.domain.words import Sentence, Spoken, listed, msgid
from triage.entrypoints.web import alarm_places, list_looks, page
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.fresh import fragment
from triage.entrypoints.web.page import Banner
from triage.services import (
    alarm_lists,
    callers,
    duty,
    held_calls,
    leftovers,
    next_steps,
    rule_drafts,
    sending,
    silences,
    swaps,
    transfers,
    unsaved_calls,
    watch,
)
from triage.services.people import ROLES
from triage.services.timeline_sentences import response_name
from triage.services.unsaved_calls import UnsavedCall
from triage.storage.dispatches import Dispatch
from triage.storage.safety import Alarm
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("banners", __name__)

DESK = frozenset({"dispatcher", "supervisor"})
"""Who acts on alarms. Others read only whether paging works."""


_INTAKE = re.compile(r"/intake/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@bp.record_once
def _tell_everywhere(state: BlueprintSetupState) -> None:
    page.add_banners(cast("Flask", state.app), standing_banners)


@bp.get("/banners")
@open_to(*ROLES, background=True)
@showing_a_list()
def banners() -> ResponseReturnValue:
    """What every page asks for again and again."""
    return fragment(render_template("banners.html", begun_beside=_begun_beside()), g.now)


def _begun_beside() -> Sequence[UnsavedCall] | None:
    """What colleagues take of the same number meanwhile: told to whoever types, and touches no key.
    None away from intake."""
    typed = _INTAKE.fullmatch(request.args.get("at", ""))
    if typed is None or current_person().role not in DESK:
        return None
    context = current_context()
    with context.reading() as uow:
        key = UUID(typed[1])
        found = unsaved_calls.of_same_number(uow, context.centre, current_person(), key)
    if found:
        list_looks.note("begun")
    return found


@showing_a_list()
def standing_banners(context: AppContext) -> Iterable[Banner]:
    """On every page but the board, whose own are part of what it keeps fresh."""
    if request.blueprint == "board":
        return []
    role = current_person().role
    at_the_desk = role in DESK
    with context.reading() as uow:
        codes = watch.standing(uow).codes
        if role == "clinician":
            lines = field_lines(context, codes)
        else:
            lines = paging_lines(codes, at_the_desk=at_the_desk)
        if at_the_desk:
            lines = [
                *_alarms(context, uow),
                *_given_to_me(uow),
                *_given_back(context, uow),
                *lines,
                *_standstills(context, uow),
                *_missed(uow),
            ]
        return [*lines, *_own_calls(uow), *_swaps(uow), *changes_of_rules(uow)]


def paging_lines(codes: Iterable[str], *, at_the_desk: bool = True) -> Sequence[Banner]:
    href, link = ("/watch", msgid("Watch")) if at_the_desk else (None, None)
    if not at_the_desk:
        codes = set(codes) - OF_THE_DESK
    return [
        Banner("alarm" if line.stops_paging else "warn", line.text, href, link, line.more)
        for line in told(codes)
    ]


def field_lines(context: AppContext, codes: Iterable[str]) -> Sequence[Banner]:
    """For whoever is paged, with the number of the desk."""
    desk = context.centre.policy.desk_phone
    dispatch = [msgid("Dispatch: %(phone)s.", phone=desk)] if desk else []
    return [
        Banner("alarm", line.text, more=listed(" ", [line.more, *dispatch]))
        for line in told_in_the_field(codes)
    ]


def _alarms(context: AppContext, uow: UnitOfWork) -> Iterable[Banner]:
    unheard, alarms = alarm_lists.unheard(uow), alarm_lists.standing(uow, context.centre)
    who_have, left = (
        alarm_lists.who_have(uow, alarms),
        alarm_lists.left(uow, context.centre, alarms),
    )
    silent, doubts = silences.silenced(uow), alarm_places.told(uow, alarms)
    here = request.args.get("at", g.get(page.OWN_ALARMS, ""))
    for alarm in alarms:
        if alarm.call and here == f"/calls/{alarm.call.reference}":
            continue  # that page has it with its buttons
        if alarm.taken_at and alarm.id not in left:
            yield _in_force(alarm, who_have[alarm.id], doubts.get(alarm.id, ""))
            continue
        member, code = alarm.responder, alarm.call.code if alarm.call else NO_CALL
        words: Spoken = msgid(
            "%(team)s (%(role)s) %(says)s: %(code)s.",
            team=member.team.name,
            role=role_name(member.role),
            says=says(alarm.kind),
            code=code,
        )
        hushed = alarm.responder_id in silent
        more = [
            *([doubts[alarm.id]] if alarm.id in doubts else []),
            to_do(alarm.kind, hushed=hushed),
            *([REACHES_NOBODY] if alarm.id in unheard else []),
        ]
        if alarm.id in left:
            more.insert(0, msgid("%(name)s had it, and is gone.", name=who_have[alarm.id]))
        if hushed:  # who is forced must not be rung: never behind a fold
            words = listed(" ", [words, *more])
            more = []
        address = f"/alarms#alarm-{alarm.id}"
        yield Banner("alarm", words, address, msgid("Take it"), listed(" ", more))


def _in_force(alarm: Alarm, holder: str, doubt: str) -> Banner:
    about = {
        "name": alarm.responder.team.name,
        "code": alarm.call.code if alarm.call else NO_CALL,
    }
    if alarm.covert:
        words = msgid(
            "%(name)s: a silent alarm is not over, %(code)s. %(to_do)s",
            to_do=to_do(alarm.kind),
            **about,
        )
    else:
        words = msgid(
            "%(name)s %(says)s: %(code)s. %(holder)s has it, it is not over.",
            says=says(alarm.kind),
            holder=holder,
            **about,
        )
    return Banner("warn", words, f"/alarms#alarm-{alarm.id}", msgid("Alarms"), doubt)


def _own_calls(uow: UnitOfWork) -> Iterable[Banner]:
    """Whoever signs in finds the call that they are asked about, or have, without its text."""
    person = current_person()
    here = request.args.get("at", request.path)
    if person.role != "clinician" or here == "/my-calls":  # where they all stand
        return
    members = [member.id for member in swaps.members_of(uow, person.account_id)]
    for call, is_theirs in duty.calls_of(uow, members):
        path = f"/calls/{call.reference}"
        if not here.startswith(path):
            have = msgid("You have call %(code)s.", code=call.code)
            asked = msgid("You are asked to come: call %(code)s.", code=call.code)
            words, tone = (have, "moving") if is_theirs else (asked, "waiting")
            yield Banner(tone, words, path, msgid("Open it"))


def _swaps(uow: UnitOfWork) -> Iterable[Banner]:
    """Nothing is sent to anybody off duty: whoever signs in is told."""
    person = current_person()
    supervisor = person.role == "supervisor"
    if person.role != "clinician" and not supervisor:
        return
    if swaps.waits_for(uow, person.account_id, supervisor=supervisor):
        agree = msgid("A swap of shifts waits for you to agree.")
        words = agree if supervisor else msgid("A colleague offers you a shift.")
        yield Banner("waiting", words, "/shifts", msgid("Look at it"))


def changes_of_rules(uow: UnitOfWork) -> Iterable[Banner]:
    """What a supervisor is to read: a colleague's change, or why their own came back."""
    person = current_person()
    if person.role != "supervisor":
        return
    if waiting := rule_drafts.waiting_for(uow, person.account_id):
        words = (
            msgid("1 change of rules waits for you: %(names)s.", names=waiting[0])
            if len(waiting) == 1
            else msgid(
                "%(count)s changes of rules wait for you: %(names)s.",
                count=len(waiting),
                names=", ".join(waiting),
            )
        )
        yield Banner("waiting", words, f"/rules/{waiting[0]}/approve", msgid("Read the change"))
    for name in rule_drafts.sent_back_to(uow, person.account_id):
        words = msgid("Your change of the rules %(name)s was sent back.", name=name)
        yield Banner("warn", words, f"/rules/{name}/draft", msgid("Read why"))


def begun_calls(uow: UnitOfWork) -> Iterable[Banner]:
    """What they began and did not save: whoever signs in anew finds it on the board."""
    for key, place in unsaved_calls.of_person(uow, current_person())[:_NAMED]:
        where = place[:50] or msgid("place not known")
        said = msgid("You have begun a call and not saved it: %(place)s.", place=where)
        yield Banner("waiting", said, f"/intake/{key}", msgid("Go on with it"))


def _given_to_me(uow: UnitOfWork) -> Iterable[Banner]:
    for held in held_calls.offered(uow, current_person().account_id):
        words = msgid("A colleague gives you call %(code)s.", code=held.call.code)
        yield Banner("waiting", words, f"/calls/{held.call.reference}", msgid("Take it, or say no"))


_LOST = {
    TransferState.NOT_ANSWERED: msgid("%(line)s does not answer: the call is yours."),
    TransferState.REFUSED: msgid("%(line)s does not take the caller: the call is yours."),
    TransferState.DROPPED: msgid("%(line)s WAS LOST, ring the caller back: the call is yours."),
}
_NO_NUMBER = msgid("%(line)s WAS LOST, no number to ring: send somebody, and find one.")


def _given_back(context: AppContext, uow: UnitOfWork) -> Iterable[Banner]:
    """At once, to whoever types another call meanwhile."""
    for dispatch in transfers.given_back(uow):
        why = _LOST.get(dispatch.transfer.state) if dispatch.transfer else None
        call = dispatch.call
        if why is _LOST[TransferState.DROPPED] and not callers.can_ring(call):
            why = _NO_NUMBER
        if why is not None:
            words = Sentence(why, {"line": response_name(context.centre, dispatch.response)})
            yield Banner(
                "alarm", words, f"/calls/{call.reference}", msgid("Call %(code)s", code=call.code)
            )


def _missed(uow: UnitOfWork) -> Iterable[Banner]:
    if leftovers.anything_left(uow):
        words = msgid("Texts may not have arrived, or steps were missed: see to them.")
        yield Banner("warn", words, "/watch", msgid("Watch"))


_LINES = (
    (
        DispatchState.HAND_OVER,
        False,
        msgid("DISPATCH IN CAD NOW, nobody has confirmed it: %(codes)s."),
    ),
    (DispatchState.UNFILLED, False, msgid("NOBODY COMING, and nobody is left to ask: %(codes)s.")),
    (DispatchState.UNFILLED, True, msgid("HALF A TEAM, and nobody is left to ask: %(codes)s.")),
)
"""By state, and whether somebody comes."""
_ASKED = {
    False: msgid("NOBODY COMING yet, all hands are asked: %(codes)s."),
    True: msgid("HALF A TEAM, all hands are asked: %(codes)s."),
}
"""By whether somebody comes, while all hands are asked."""


_NAMED = 3
"""So many calls are named in the line itself."""
_TO_TRANSFER = msgid("TRANSFER NOW, nobody has rung the line: %(codes)s.")
_WITH_COUNSELOR = msgid(
    "Was the caller released? A counselor has been on the line for long: %(codes)s."
)


def _line(dispatch: Dispatch, words: Sentence) -> Sentence:
    """words -- what is said unless somebody is at work on it."""
    transfer = dispatch.transfer
    if transfer is not None and transfer.state is TransferState.COUNSELOR:
        return _WITH_COUNSELOR
    if transfer is not None and dispatch.state is DispatchState.HAND_OVER:
        return _TO_TRANSFER
    return _ASKED[dispatch.is_half] if dispatch.all_hands else words


def _standstills(context: AppContext, uow: UnitOfWork) -> Iterable[Banner]:
    """Told again, away from the board, to whoever types a call and cannot see it."""
    found = next_steps.standing_still(uow, context.centre)
    several = next_steps.with_others(uow, found)
    quiet = _outdone(uow, found, several)
    found = [one for one in found if one.id not in quiet]
    said: dict[Sentence, list[Dispatch]] = {}
    for one in found:
        for state, half, words in _LINES:
            if (one.state, one.is_half) == (state, half):
                said.setdefault(_line(one, words), []).append(one)
    for words, such in said.items():
        codes = [*dict.fromkeys(_called(context, one, several) for one in such)]
        short = codes
        if such[0].state is DispatchState.HAND_OVER and len(codes) > 1:
            short = [*dict.fromkeys(one.call.code for one in such)]
        if len(short) > _NAMED:
            short = [*short[:_NAMED], msgid("%(count)s more", count=len(short) - _NAMED)]
        more = "" if short == codes else msgid("In full: %(codes)s.", codes=listed(", ", codes))
        sentence = Sentence(words, {"codes": listed(", ", short)})
        yield Banner("alarm", sentence, "/board", msgid("Board"), more)


def _outdone(uow: UnitOfWork, found: Sequence[Dispatch], several: Collection[UUID]) -> set[UUID]:
    """Of these what is not needed any more while others come: that is on the board alone."""
    unfilled = {one.call_id for one in found if one.state is DispatchState.UNFILLED}
    return sending.outdone(uow, unfilled.intersection(several))


def _called(context: AppContext, dispatch: Dispatch, several: Collection[UUID]) -> str:
    """The call, and which of its responses it is where others come or are asked too."""
    code = dispatch.call.code
    if dispatch.call_id not in several:
        return code
    name = response_name(context.centre, dispatch.response)
    return msgid("%(code)s (%(name)s)", code=code, name=name)
