"""What a row of the board says first, the loudest first."""

from collections.abc import Iterable
from datetime import datetime

from triage.domain.lifecycle import DispatchState, SlotState
from triage.domain.transfers import TransferState
from triage.domain.words import listed, msgid
from triage.entrypoints.web.call_holder import answers_for_it
from triage.entrypoints.web.errand_words import (
    at_two_places,
    left_unsafe,
    mark,
    of_silent_alarm,
    silent_elsewhere,
)
from triage.services.board_lines import hushed
from triage.services.boards import Loudness, Row, is_there
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name

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


def headlines(centre: Centre, row: Row, now: datetime) -> list[tuple[str, str]]:
    """What a row says first, the loudest first, each with its tone."""
    silent = [("alarm", msgid("SILENT ALARM"))] if row.silent else []
    return silent + silent_elsewhere(row.silent_elsewhere) + _said(centre, row, now)


def unread_texts(count: int) -> list[tuple[str, str]]:
    """Where somebody on the call has texted words that no command is."""
    if count == 0:
        return []
    if count == 1:
        return [("alarm", msgid("TEXT FROM THE CREW, nobody has read it"))]
    return [("alarm", msgid("%(count)s TEXTS FROM THE CREW, nobody has read them", count=count))]


def _said(centre: Centre, row: Row, now: datetime) -> list[tuple[str, str]]:
    """All but that: it has a shape of its own, in `board_row.html`."""
    quiet, can_ring = hushed(row.lines), row.call.can_ring
    marked = [
        mark(centre, one, now, can_ring=can_ring, hushed=quiet, silent=row.silent)
        for one in row.errands
    ]
    # alarms first; what only has its time stands beside the teams
    marks = sorted(one for one in marked if one[0] != "quiet")
    said = [*marks] if row.loudness is Loudness.ERRAND else [_headline(centre, row), *marks]
    said += of_silent_alarm(row.to_tell)
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
