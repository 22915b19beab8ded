"""The map: calls, zones and teams, drawn by the server; a table beside it says the same.

It shows what was told, never where somebody is: a call stands where its place was found, else in
its zone; a team at its call, else in its home zone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.town_map import WIDTH, Point, TownMap
from triage.domain.words import msgid
from triage.entrypoints.web import list_looks
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.board_words import headlines
from triage.entrypoints.web.fresh import fragment
from triage.entrypoints.web.languages import spoken
from triage.services import boards, town
from triage.services.boards import Board, Row
from triage.services.centre import Centre
from triage.services.town import TeamOnDuty
from triage.storage.sealed import showing_a_list

bp = Blueprint("board_map", __name__)

_LINE, _MARK_WIDTH = 34.0, 150.0
"""What a mark with its words takes, in the units of the drawing."""


@dataclass(frozen=True)
class Mark:
    """A shape with a word on the drawing."""

    tone: str
    """A tone of parts/status.html, or "team"."""
    word: str
    at: Point
    exact: bool = True
    """Its place is known, not only its zone."""


@bp.get("/board/map")
@open_to("dispatcher", "supervisor")
@showing_a_list()
def show() -> ResponseReturnValue:
    list_looks.note("map")
    shown, _ = _look()
    return render_template("map.html", **shown)


@bp.get("/board/map/drawn")
@open_to("dispatcher", "supervisor", background=True)
@showing_a_list()
def drawn() -> ResponseReturnValue:
    shown, found = _look()
    return fragment(render_template("map_drawn.html", **shown), found.now)


def _look() -> tuple[dict[str, Any], Board]:
    context = current_context()
    with context.reading() as uow:
        found = boards.board(uow, context.centre)
        teams = town.teams_on_duty(uow, found.rows)
    paper = context.centre.town
    shown = {
        "town": paper,
        "width": WIDTH,
        "tiles": paper.tiles(context.settings.tiles) if paper else (),
        "marks": marks(context.centre, paper, found, teams) if paper else (),
        "nowhere": _nowhere(paper, found.rows) if paper else (),
        "rows": [(row, *headlines(context.centre, row, found.now)[0]) for row in found.rows],
        "teams": teams,
        "now": found.now,
    }
    return shown, found


def marks(centre: Centre, paper: TownMap, found: Board, teams: Iterable[TeamOnDuty]) -> list[Mark]:
    """Calls first, the loudest first; then the teams, each below what stands there already."""
    placed: list[Mark] = []
    for row in found.rows:
        at, exact = _of_call(paper, row)
        if at is not None:
            tone = headlines(centre, row, found.now)[0][0]
            placed.append(Mark(tone, row.call.code, _free(placed, at), exact))
    for team in teams:
        at, exact = _of_team(paper, team)
        if at is not None:
            word = spoken(msgid("%(team)s: alarm", team=team.name)) if team.alarm else team.name
            tone = "alarm" if team.alarm else "team"
            placed.append(Mark(tone, word, _free(placed, at), exact))
    return placed


def _nowhere(paper: TownMap, rows: Iterable[Row]) -> list[str]:
    return [row.call.code for row in rows if _of_call(paper, row)[0] is None]


def _of_call(paper: TownMap, row: Row) -> tuple[Point | None, bool]:
    position = row.call.position
    at = paper.place(*position) if position else None
    return (at, True) if at else (paper.middle(row.call.zone), False)


def _of_team(paper: TownMap, team: TeamOnDuty) -> tuple[Point | None, bool]:
    if team.call is not None:
        return _of_call(paper, team.call)
    return paper.middle(team.zones[0] if team.zones else None), False


def _free(placed: Sequence[Mark], at: Point) -> Point:
    """Below the marks that stand there already."""
    x, y = at
    while any(abs(x - one.at[0]) < _MARK_WIDTH and abs(y - one.at[1]) < _LINE for one in placed):
        y += _LINE
    return x, y
