"""What waits for a person about a call, as the board and the call's page say it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from triage.domain.alarms import do_not_ask
from triage.domain.codes import CANCELLED, DISPOSITIONS, NEXT_CONTACTS
from triage.domain.errands import (
    AFTER_LAST_TRY,
    REFERRAL_ENDS,
    REFERRAL_STATES,
    RING_OUTCOMES,
    WHO_CANCELS,
    YES_NO,
)
from triage.domain.role_words import member_name, role_name, roles_named
from triage.domain.words import Sentence, Spoken, begun, listed, msgid
from triage.entrypoints.web.access import person_or_none
from triage.entrypoints.web.page import local_clock
from triage.services import (
    assessments,
    by_radio,
    callers,
    cancellations,
    corrections,
    dangers,
    errands,
    late_teams,
    lost_lines,
    neighbours,
    partners,
    promised_backs,
    referrals,
    rest_of_team,
    speaking_freely,
    team_errands,
    unasked,
    wrong_pins,
)
from triage.services.board_lines import Coming, DispatchLine
from triage.services.centre import Centre
from triage.services.errand_sentences import partner_name
from triage.services.follow_ups import OWNER_ROLES
from triage.services.timeline_sentences import fact_name
from triage.services.told_of_alarms import ToTell
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

_CHOICES: dict[str, Any] = {
    "ring_outcomes": RING_OUTCOMES,
    "after_last_try": AFTER_LAST_TRY,
    "referral_ends": REFERRAL_ENDS,
    "referral_states": REFERRAL_STATES,
    "who_cancels": WHO_CANCELS,
    "yes_no": YES_NO,
}


def mark(
    centre: Centre,
    errand: Errand,
    now: datetime,
    *,
    can_ring: bool = True,
    hushed: Collection[str] = (),
    silent: bool = False,
) -> tuple[str, str]:
    """The tone and the words of its badge. can_ring -- see callers.can_ring. hushed -- see
    `board_lines.hushed`; silent -- see `silences.calls`; nobody but the desk may read of these."""
    if unasked.rings_whoever_forces(errand, silent=silent):
        return "warn", msgid("A call-back is promised: the caller may be whoever forces the team")
    details, kept = unasked.split(errand, hushed)
    if unasked.asks_nobody(errand, hushed):
        return "warn", do_not_ask(kept)
    if kept:
        tone, words = mark(centre, Errand(**_gist(errand), details=details), now)
        return tone, listed("; ", [words, do_not_ask(kept)])
    if errand.kind == referrals.KIND:
        return "alarm", _referral(errand, now)
    red = errands.is_red(errand, now)
    if errand.kind == lost_lines.KIND and not can_ring:
        return "alarm", msgid("LINE LOST, no number to ring: find one or decide what happens")
    ahead = "quiet" if errand.kind == promised_backs.KIND else "warn"
    return ("alarm" if red else ahead), _WORDS[errand.kind](centre, errand, red)


def _gist(errand: Errand) -> dict[str, Any]:
    return {"kind": errand.kind, "due_at": errand.due_at, "ended_at": errand.ended_at}


def left_unsafe(at: datetime | None) -> list[tuple[str, str]]:
    """The same of a team that had to leave, if one had to: it stays after the alarm was taken."""
    if at is None:
        return []
    return [("warn", msgid("A team left: not safe (%(clock)s)", clock=local_clock(at)))]


def at_two_places(lines: Iterable[DispatchLine]) -> list[tuple[str, str]]:
    """The same of whoever is on scene at another call as well. It asks nobody to ask them: a
    silent alarm may forbid it."""
    return [
        (
            "warn",
            msgid(
                "AT TWO SCENES: %(who)s, at %(codes)s too",
                who=member_name(one.unit, one.role),
                codes=", ".join(one.also_at),
            ),
        )
        for line in lines
        for one in line.coming
        if one.also_at
    ]


def silent_elsewhere(teams: Collection[str]) -> list[tuple[str, str]]:
    """The same of a call to which teams come whose silent alarm stands on another."""
    said = msgid("SILENT ALARM on another call of %(who)s", who=", ".join(teams))
    return [("alarm", said)] if teams else []


def of_silent_alarm(to_tell: ToTell) -> list[tuple[str, str]]:
    """The same of whom to tell by radio of a silent alarm where they are going."""
    said = (
        (to_tell.anew, msgid("TELL %(who)s BY RADIO: silent alarm there")),
        (to_tell.again, msgid("TELL %(who)s BY RADIO AGAIN: one more silent alarm there")),
    )
    return [("alarm", Sentence(words, {"who": _members(whom)})) for whom, words in said if whom]


def _members(whom: Iterable[Coming]) -> Spoken:
    return listed(", ", [member_name(one.unit, one.role) for one in whom])


def shown(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    hushed: Collection[str] = (),
    *,
    silent: bool = False,
) -> dict[str, Any]:
    """What the call's page shows of them, and of the flows that begin them.

    hushed, silent -- see `mark`.
    """
    found, person = errands.of_call(uow, call), person_or_none()
    can_ring = callers.can_ring(call)
    return _CHOICES | {
        "errands": found,
        "waits": {errand.kind: errand for errand in found if errand.ended_at is None},
        "errand_mark": lambda errand, now: mark(
            centre, errand, now, can_ring=can_ring, hushed=hushed, silent=silent
        ),
        "hushed": hushed,
        "silent_here": silent,
        "do_not_ask": do_not_ask,
        "asks_nobody": lambda errand: unasked.asks_nobody(errand, hushed),
        "can_ring": can_ring,
        "errand_ends": ended,
        "tries_left": lambda errand: lost_lines.tries_left(centre, errand),
        "must_confirm_ring": speaking_freely.must_not_ring(uow, call),
        "may_agree": person is not None and person.role in cancellations.MAY_AGREE,
        "routine": assessments.is_routine(uow, centre, call),
        "afterwards": {
            "contacts": list(NEXT_CONTACTS.items()),
            "owners": [(role, role_name(role)) for role in OWNER_ROLES],
            "partners": [(kind, begun(partner_name(kind))) for kind in partners.kinds(uow)],
        },
        "neighbours": centre.policy.neighbours,
        "neighbour_of": lambda name: neighbours.find(centre, name),
        "dangers_of": lambda errand: dangers.of_facts(uow, centre, call, errand.details["facts"]),
        "partner_name": partner_name,
        "is_the_desks": referrals.is_the_desks,
        "rests_of": lambda errand: [_rest_now(uow, one) for one in rest_of_team.waiting(errand)],
        "teams_of": lambda errand: team_errands.slots_of(uow, errand),
        "expected": late_teams.expected,
        "may_settle": person is not None and person.role in ("dispatcher", "supervisor"),
        "wish_ends": lambda errand: DISPOSITIONS[errand.details.get("disposition", CANCELLED)],
        "ends_otherwise": {code: DISPOSITIONS[code] for code in DISPOSITIONS if code != CANCELLED},
    }


def _line_lost(centre: Centre, errand: Errand, red: bool) -> str:
    if lost_lines.tries_left(centre, errand) <= 0:
        return msgid("LINE LOST, not reached: decide what happens")
    return (
        msgid("LINE LOST: ring the caller back now")
        if red
        else msgid("Line lost, call-back is timed")
    )


def _cancel(_: Centre, errand: Errand, red: bool) -> str:
    return (
        msgid("CANCEL? Nobody has agreed yet")
        if red
        else msgid("Cancel? A clinician or supervisor agrees")
    )


def _neighbour(_: Centre, errand: Errand, red: bool) -> str:
    name = errand.details["neighbour"]
    return (
        msgid("NOT TAKEN YET by %(name)s: ring them", name=name)
        if red
        else msgid("Offered to %(name)s", name=name)
    )


def _radio(centre: Centre, errand: Errand, _: bool) -> str:
    return msgid(
        "TELL %(units)s BY RADIO: danger (%(facts)s)",
        units=listed(", ", errand.details["units"]),
        facts=listed(", ", [fact_name(centre, fact) for fact in errand.details["facts"]]),
    )


def _stand_down(_: Centre, errand: Errand, __: bool) -> str:
    units = listed(", ", errand.details["units"])
    return msgid("TELL %(units)s BY RADIO: they need not come", units=units)


def _corrected(centre: Centre, errand: Errand, _: bool) -> str:
    return msgid(
        "TELL %(units)s: the danger stands no more (%(facts)s)",
        units=listed(", ", [*errand.details["texts"], *errand.details["units"]]),
        facts=listed(", ", [fact_name(centre, fact) for fact in errand.details["facts"]]),
    )


def _rest(_: Centre, errand: Errand, red: bool) -> str:
    def said(one: Mapping[str, Any]) -> str:
        roles = begun(roles_named(one["roles"]))
        who = member_name(one["who"], one["role"])
        if red:
            return msgid("%(roles)s STILL NEEDED? %(who)s has cleared", roles=roles, who=who)
        return msgid("%(roles)s still needed? %(who)s has cleared", roles=roles, who=who)

    return listed("; ", [said(one) for one in rest_of_team.waiting(errand)])


def _rest_now(uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked about this rest of a team, by where it stands now."""
    how, slots = rest_of_team.stands(uow.get(Dispatch, UUID(asked["dispatch"])))
    who, roles = member_name(asked["who"], asked["role"]), roles_named(one.role for one in slots)
    said = {
        "come": msgid(
            "%(who)s has cleared; on the way: %(roles)s. Still needed?", who=who, roles=roles
        ),
        "nobody": msgid(
            "%(who)s has cleared; nobody is left to ask: %(roles)s. Still needed?",
            who=who,
            roles=roles,
        ),
        "asked": msgid(
            "%(who)s has cleared; still being asked: %(roles)s. Still needed?", who=who, roles=roles
        ),
    }
    return {"dispatch": asked["dispatch"], "how": how, "said": said[how]}


def _late(_: Centre, errand: Errand, red: bool) -> str:
    who = listed(", ", [member_name(one["who"], one["role"]) for one in team_errands.teams(errand)])
    if red:
        return msgid("ASK %(who)s WHAT KEEPS THEM: not there yet", who=who)
    return msgid("Ask %(who)s what keeps them", who=who)


def _wrong_pins(_: Centre, errand: Errand, __: bool) -> str:
    who = [member_name(one["who"], one["role"]) for one in team_errands.teams(errand)]
    return msgid("READ %(who)s THE ADDRESS: too many wrong PINs", who=listed(", ", who))


def _promise(_: Centre, errand: Errand, red: bool) -> str:
    if red:
        return msgid("CALL BACK NOW: it was promised, and not all are there")
    return msgid("A call-back is promised")


def _referral(errand: Errand, now: datetime) -> str:
    theirs = [one for one in referrals.open_ones(errand) if referrals.is_the_desks(one, now)]
    names = [one.get("name") or partner_name(one["partner"]) for one in theirs]
    return msgid("REFERRAL NOT TAKEN: %(names)s", names=listed(", ", names))


_WORDS = {
    lost_lines.KIND: _line_lost,
    cancellations.KIND: _cancel,
    neighbours.KIND: _neighbour,
    by_radio.KIND: _radio,
    by_radio.OFF: _stand_down,
    corrections.KIND: _corrected,
    rest_of_team.KIND: _rest,
    late_teams.KIND: _late,
    wrong_pins.KIND: _wrong_pins,
    promised_backs.KIND: _promise,
}


def ended(errand: Errand) -> str:
    """What stands before the note of one that is over."""
    if errand.kind == neighbours.KIND:
        return msgid("%(neighbour)s took the call", neighbour=errand.details["neighbour"])
    return msgid("%(who)s said that nobody need come", who=WHO_CANCELS[errand.details["who"]])
