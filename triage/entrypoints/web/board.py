"""The board: every open call, the loudest first, true within two seconds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from triage.context import current_context
from triage.domain import alarms as alarm_words
from triage.entrypoints.web import alarm_places, board_rows, list_looks
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.banners import begun_calls, changes_of_rules, paging_lines
from triage.entrypoints.web.board_choice import SHOWN, SORTS, BoardChoice, board_choice
from triage.entrypoints.web.board_words import headlines, unread_texts
from triage.entrypoints.web.call_errands import note_told_of_alarm, turn_seen
from triage.entrypoints.web.call_holder import answers_for_it
from triage.entrypoints.web.errand_words import mark
from triage.entrypoints.web.fresh import fragment
from triage.entrypoints.web.languages import spoken
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
from triage.services.unread_replies import Unread
from triage.storage.calls import MOST_LISTED
from triage.storage.dispatches import Dispatch
from triage.storage.messages import InboundMessage
from triage.storage.sealed import showing_a_list
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("board", __name__)
TextsOf = Mapping[UUID, Sequence[Unread]]


@bp.get("/board")
@open_to("dispatcher", "supervisor")
@showing_a_list()
def board() -> ResponseReturnValue:
    list_looks.note("board")
    shown, _ = _look()
    with current_context().reading() as uow:
        own = [*begun_calls(uow), *changes_of_rules(uow)]  # for one person, unlike the rows
    return render_template("board.html", own=own, **shown)


@bp.get("/board/rows")
@open_to("dispatcher", "supervisor", background=True)
@showing_a_list()
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


@bp.post("/board/told-of-alarm/<reference>")
@open_to("dispatcher", "supervisor")
def told_of_alarm(reference: str) -> ResponseReturnValue:
    context = current_context()

    def note(uow: UnitOfWork) -> str:
        return note_told_of_alarm(uow, context.centre, calls.by_reference(uow, reference))

    flash(spoken(context.do(current_person().actor, note)), "good")
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
        doubts = alarm_places.told(uow, lists.alarms)
        silent = silences.silenced(uow)
    texts_of = unread_replies.of_calls(lists.texts)
    shown = _chosen(context.centre, choice, found, texts_of) | {
        "board": found,
        "choice": choice,
        "sorts": SORTS,
        "shows": SHOWN,
        "lists": lists,
        "can_ring": callers.can_ring,
        "errand_mark": lambda errand: mark(context.centre, errand, found.now),
        "warnings": lines,
        "red": red,
        "headlines": lambda centre, row: _said(centre, row, found.now, texts_of),
        "texts_of": texts_of,
        "alarm_words": alarm_words,
        "unheard": unheard,
        "who_have": who_have,
        "left": left,
        "doubts": doubts,
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


def _chosen(centre: Centre, choice: BoardChoice, found: Board, texts_of: TextsOf) -> dict[str, Any]:
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
            (row.call, red[0]) for row in hidden if (red := _red(centre, row, found.now, texts_of))
        ],
        "urgent": urgent[:MOST_LISTED],
        "rows": rows[:MOST_LISTED],
        "nobody_beyond": [*named, *found.nobody_beyond],
        "tasks_beyond": [*tasks, *found.tasks_beyond],
        "not_listed": found.not_listed + cut,
    }


def _said(centre: Centre, row: Row, now: datetime, texts_of: TextsOf) -> list[tuple[str, str]]:
    return headlines(centre, row, now) + unread_texts(len(texts_of.get(row.call.id, ())))


def _red(centre: Centre, row: Row, now: datetime, texts_of: TextsOf) -> list[str]:
    return [words for tone, words in _said(centre, row, now, texts_of) if tone == "alarm"]
