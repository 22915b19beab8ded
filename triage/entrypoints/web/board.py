"""The board: every open call, the loudest first, true within two seconds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain import alarms as alarm_words
from triage.domain.lifecycle import DispatchState, SlotState
from triage.domain.transfers import TransferState
from triage.domain.words import listed, msgid
from triage.entrypoints.web import board_rows
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.banners import begun_calls, changes_of_rules, paging_lines
from triage.entrypoints.web.board_choice import SHOWN, SORTS, BoardChoice, board_choice
from triage.entrypoints.web.call_errands import turn_seen
from triage.entrypoints.web.call_holder import answers_for_it
from triage.entrypoints.web.errand_words import at_two_places, left_unsafe, mark, of_silent_alarm
from triage.entrypoints.web.fresh import fragment
from triage.services import (
    alarm_lists,
    boards,
    by_radio,
    callers,
    calls,
    escalations,
    reachability,
    silences,
    unasked,
    unread_replies,
    watch,
)
from triage.services.board_lines import hushed
from triage.services.boards import Board, Loudness, Row, is_there
from triage.services.centre import Centre
from triage.services.desk_lists import desk_lists
from triage.services.timeline_sentences import response_name
from triage.storage.calls import MOST_LISTED
from triage.storage.dispatches import Dispatch
from triage.storage.messages import InboundMessage
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("board", __name__)

_TONES = {
    Loudness.NOBODY: "alarm",
    Loudness.HAND_OVER_LATE: "alarm",
    Loudness.ERRAND: "alarm",
    Loudness.RING: "alarm",
    Loudness.NOT_SENT: "alarm",
    Loudness.HAND_OVER: "warn",
    Loudness.OVERDUE: "warn",
    Loudness.HALF: "warn",
    Loudness.SEEKING: "waiting",
    Loudness.ASKING: "waiting",
    Loudness.MOVING: "moving",
    Loudness.THERE: "good",
    Loudness.OVER: "quiet",
}


_LOST = {
    TransferState.NOT_ANSWERED: msgid("LINE DOES NOT ANSWER: the call is yours again"),
    TransferState.REFUSED: msgid("LINE REFUSED: the call is yours again"),
}
# Two of each: for a caller who can be rung, and for one who cannot.
_DROPPED = {
    True: msgid("LINE LOST: ring the caller back"),
    False: msgid("LINE LOST, no number to ring: send somebody, and find one"),
}
_CALL_BACK = {
    True: msgid("CALL BACK: the caller still waits"),
    False: msgid("THE CALLER STILL WAITS, no number to ring: ask for one"),
}
_UNDER_WAY = {
    TransferState.RINGING: msgid("The line rings"),
    TransferState.COUNSELOR: msgid("Counselor on the line, release the caller"),
}


@bp.get("/board")
@open_to("dispatcher", "supervisor")
def board() -> ResponseReturnValue:
    shown, _ = _look()
    with current_context().reading() as uow:
        own = [*begun_calls(uow), *changes_of_rules(uow)]  # for one person, unlike the rows
    return render_template("board.html", own=own, **shown)


@bp.get("/board/rows")
@open_to("dispatcher", "supervisor", background=True)
def rows() -> ResponseReturnValue:
    shown, now = _look()
    return fragment(render_template("board_rows.html", token="", **shown), now.now)


@bp.post("/board/texts/<uuid:key>/noted")
@open_to("dispatcher", "supervisor")
def noted(key: UUID) -> ResponseReturnValue:
    current_context().do(
        current_person().actor,
        lambda uow: unread_replies.take_note(uow, uow.get(InboundMessage, key)),
    )
    flash(gettext("The text is noted as read."), "good")
    return redirect("/board", 303)


@bp.post("/board/call-backs/<uuid:key>/done")
@open_to("dispatcher", "supervisor")
def called_back(key: UUID) -> ResponseReturnValue:
    context = current_context()
    context.do(
        current_person().actor,
        lambda uow: escalations.called_back(uow, context.centre, uow.get(Dispatch, key)),
    )
    flash(gettext("The call-back is noted. If nobody comes, the next one is due in time."), "good")
    return redirect("/board", 303)


@bp.post("/board/stood-down/<reference>")
@open_to("dispatcher", "supervisor")
def stood_down(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork) -> None:
        call = calls.by_reference(uow, reference)
        by_radio.told_off(uow, call, turn_seen())

    current_context().do(current_person().actor, note)
    flash(gettext("Written down: they were told by radio that they need not come."), "good")
    return redirect("/board", 303)


def _look() -> tuple[dict[str, Any], Board]:
    context = current_context()
    choice = board_choice(context.centre)
    with context.reading() as uow:
        found = boards.board(uow, context.centre, choice.most)
        lists = desk_lists(uow, context.centre)
        red = reachability.red_list(uow)
        lines = paging_lines(watch.standing(uow).codes)
        unheard = alarm_lists.unheard(uow) if lists.alarms else frozenset()
        who_have = alarm_lists.who_have(uow, lists.alarms)
        left = alarm_lists.left(uow, context.centre, lists.alarms)
        silent = silences.silenced(uow)
    shown = _chosen(context.centre, choice, found) | {
        "board": found,
        "choice": choice,
        "sorts": SORTS,
        "shows": SHOWN,
        "lists": lists,
        "can_ring": callers.can_ring,
        "errand_mark": lambda errand: mark(context.centre, errand, found.now),
        "warnings": lines,
        "red": red,
        "headlines": lambda centre, row: headlines(centre, row, found.now),
        "alarm_words": alarm_words,
        "unheard": unheard,
        "who_have": who_have,
        "left": left,
        "silent": silent,
        "do_not_ask": alarm_words.do_not_ask,
        "asks_nobody": lambda errand, row: unasked.asks_nobody(errand, hushed(row.lines)),
        "is_there": is_there,
        "name": lambda response: response_name(context.centre, response),
        "centre": context.centre,
        "now": found.now,
        "answers_for_it": answers_for_it,
    }
    shown["row"] = board_rows.renderer(dict(shown))
    return shown, found


def _chosen(centre: Centre, choice: BoardChoice, found: Board) -> dict[str, Any]:
    """Of what was looked through no more is shown than a board lists; all to whom nobody comes are
    named, and of what the choice hides whatever is red."""
    chosen = choice.of(found.rows)
    shown = {row.call.id for row in chosen}
    hidden = [row for row in found.rows if row.call.id not in shown]
    urgent = [row for row in chosen if row.loudness is Loudness.NOBODY]
    rows = [row for row in chosen if row.loudness is not Loudness.NOBODY]
    named = [(row.call.code, row.call.reference) for row in urgent[MOST_LISTED:]]
    tasks = [
        (row.call.code, row.call.reference)
        for row in rows[MOST_LISTED:]
        if row.errand_is_red or any(line.late for line in row.lines)
    ]
    cut = len(named) + max(0, len(rows) - MOST_LISTED)
    return {
        "hidden": len(hidden),
        "red_hidden": [
            (row.call, red[0]) for row in hidden if (red := _red(centre, row, found.now))
        ],
        "urgent": urgent[:MOST_LISTED],
        "rows": rows[:MOST_LISTED],
        "nobody_beyond": [*named, *found.nobody_beyond],
        "tasks_beyond": [*tasks, *found.tasks_beyond],
        "not_listed": found.not_listed + cut,
    }


def _red(centre: Centre, row: Row, now: datetime) -> list[str]:
    return [words for tone, words in headlines(centre, row, now) if tone == "alarm"]


def headlines(centre: Centre, row: Row, now: datetime) -> list[tuple[str, str]]:
    """What a row says first, the loudest first, each with its tone."""
    quiet, can_ring = hushed(row.lines), row.call.can_ring
    marked = [mark(centre, one, now, can_ring=can_ring, hushed=quiet) for one in row.errands]
    # alarms first; what only has its time stands beside the teams
    marks = sorted(one for one in marked if one[0] != "quiet")
    said = [*marks] if row.loudness is Loudness.ERRAND else [_headline(centre, row), *marks]
    said += of_silent_alarm(row.lines)
    said += [*left_unsafe(row.left_unsafe_at), *at_two_places(row.lines)]
    if row.loudness < Loudness.HAND_OVER and any(
        line.state is DispatchState.HAND_OVER for line in row.lines
    ):
        late = any(line.late for line in row.lines)
        if row.loudness is not Loudness.HAND_OVER_LATE:
            said.append(("alarm" if late else "warn", _hand_over(centre, row)))
    if row.loudness is not Loudness.RING and (ring := _ring(row)):
        said.append(("alarm", ring))
    said += _beside_the_rules(centre, row)
    if any(line.call_back_at for line in row.lines):
        said.append(("alarm", _CALL_BACK[row.call.can_ring]))
    elif row.call.number_to_ask:
        said.append(("warn", msgid("Call-back number cannot be rung: ask again")))
    if row.tell_again:
        said.append(("warn", msgid("Tell the caller again: who comes has changed")))
    if any(line.diverted_at for line in row.lines):
        said.append(("warn", msgid("Team diverted, asked anew")))
    if row.overdue and row.loudness is not Loudness.OVERDUE:
        said.append(("warn", msgid("overdue")))
    if row.loudness is not Loudness.OVER and (alone := answers_for_it(row.held)):
        said.append(alone)
    return said


def _beside_the_rules(centre: Centre, row: Row) -> Iterable[tuple[str, str]]:
    """Where what was sent is not what is recommended by now."""
    if row.not_sent and row.loudness is not Loudness.NOT_SENT and not row.nobody:
        names = _names(centre, row.not_sent)
        yield "warn", msgid("Recommended, not sent: %(names)s", names=names)
    if row.no_longer:
        names = _names(centre, row.no_longer)
        yield "warn", msgid("Sent, not recommended any more: %(names)s", names=names)


def _headline(centre: Centre, row: Row) -> tuple[str, str]:
    words = {
        Loudness.NOBODY: _nobody(centre, row),
        Loudness.RING: _ring(row),
        Loudness.NOT_SENT: msgid(
            "RECOMMENDED, NOT SENT: %(names)s", names=_names(centre, row.not_sent)
        ),
        Loudness.OVERDUE: msgid("OVERDUE: not all have come")
        if row.arrived_at
        else msgid("OVERDUE: nobody there yet"),
        Loudness.HALF: msgid("Half a team"),
        Loudness.SEEKING: msgid("Asking teams"),
        Loudness.ASKING: msgid("More answers needed"),
        Loudness.MOVING: msgid("On the way"),
        Loudness.THERE: msgid("On scene"),
        Loudness.OVER: _over(row),
    }
    if row.loudness in {Loudness.HAND_OVER, Loudness.HAND_OVER_LATE}:
        return _TONES[row.loudness], _hand_over(centre, row)
    if row.loudness is Loudness.MOVING and _in_state(row, SlotState.STAGED):
        return "waiting", msgid("Waits near until it is safe")
    if row.loudness is Loudness.THERE and _in_state(row, SlotState.TRANSPORTING):
        return "good", msgid("Transporting")
    if row.loudness is Loudness.MOVING and is_there(row.lines):
        return "moving", msgid("On scene, others are coming")
    if row.loudness is Loudness.MOVING and not _anybody_moves(row):
        return "moving", msgid("Accepted")
    return _TONES[row.loudness], words[row.loudness]


def _over(row: Row) -> str:
    if row.not_needed:
        return msgid("Not needed any more: close the call")
    if any(line.state is DispatchState.HANDED_OVER and line.coming for line in row.lines):
        return msgid("Handed over in CAD: close it when it has ended")
    return msgid("Nothing open: close it")


def _nobody(centre: Centre, row: Row) -> str:
    words = {**_LOST, TransferState.DROPPED: _DROPPED[row.call.can_ring]}
    lost = [words.get(line.transfer.state) for line in row.lines if line.transfer]
    nobody = [line for line in row.lines if line.state is DispatchState.UNFILLED]
    if lost and lost[-1] and all(line.transfer for line in nobody):
        return lost[-1]
    if half := [line for line in nobody if line.half]:
        return half[0].half_says
    if nobody and len(nobody) < len(row.lines):
        return msgid(
            "NOBODY COMING: %(names)s", names=_names(centre, [it.response for it in nobody])
        )
    return msgid("NOBODY COMING")


def _ring(row: Row) -> str:
    """Whom the dispatcher asks, because the text that asks them has not left; for whom the
    dispatcher finds somebody, because nobody is left to ask."""
    units = [unit for line in row.lines for unit in line.to_ring]
    tired = [unit for line in row.lines for unit in line.unrelieved]
    said = []
    if units:
        said.append(
            msgid("RING BY TELEPHONE, the text has not left: %(units)s", units=listed(", ", units))
        )
    if tired:
        said.append(msgid("NO RELIEF FOUND for %(units)s", units=", ".join(tired)))
    return listed("; ", said)


def _anybody_moves(row: Row) -> bool:
    return any(line.state is DispatchState.EN_ROUTE for line in row.lines)


def _in_state(row: Row, state: SlotState) -> bool:
    return any(one.state is state for line in row.lines for one in line.coming)


def _hand_over(centre: Centre, row: Row) -> str:
    """What the dispatcher has to do at once; what is late before what is not, CAD before lines."""
    waiting = [line for line in row.lines if line.state is DispatchState.HAND_OVER]
    first = max(waiting, key=lambda line: (line.late, line.reached_by == "cad", not line.rings))
    same = [
        line.response
        for line in waiting
        if (line.late, line.reached_by) == (first.late, first.reached_by)
    ]
    if first.transfer is not None and first.transfer.state in _UNDER_WAY:
        return listed(": ", [_UNDER_WAY[first.transfer.state], _names(centre, same)])
    if first.reached_by == "cad":
        verb = msgid("DISPATCH IN CAD NOW") if first.late else msgid("Dispatch in CAD")
    else:
        verb = msgid("TRANSFER NOW") if first.late else msgid("Transfer the caller")
    return listed(": ", [verb, _names(centre, same)])


def _names(centre: Centre, responses: Iterable[str]) -> str:
    return listed(", ", [response_name(centre, response) for response in responses])
