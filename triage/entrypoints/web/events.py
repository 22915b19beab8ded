"""Boards by server-sent events: what has changed is pushed to the page that shows it.

Beyond the most streams that one process carries, and wherever events do not pass, the page asks for
its fragment every second as before (static/live.js).
"""

import socket
from contextlib import suppress
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue

from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.broadcasts import Stream, broadcaster_of

bp = Blueprint("events", __name__)

_UNHEARD_MS = 15_000
"""A browser that confirms nothing for so long is gone: its thread is free again."""


@bp.get("/board/events")
@open_to("dispatcher", "supervisor", background=True)
def board_events() -> ResponseReturnValue:
    """The board, as /board/rows tells it with the same choice of calls."""
    chosen = request.args.to_dict(flat=False)
    since = "".join(chosen.pop("since", [])[:1])
    query = urlencode(chosen, doseq=True)
    return _stream(url_for("board.rows") + (f"?{query}" if query else ""), since)


@bp.get("/board/map/events")
@open_to("dispatcher", "supervisor", background=True)
def map_events() -> ResponseReturnValue:
    return _stream(url_for("board_map.drawn"), request.args.get("since", ""))


def _stream(fragment: str, since: str) -> ResponseReturnValue:
    broadcaster = broadcaster_of(current_app)
    stream = Stream(fragment, current_person().sign_in_id)
    if not broadcaster.join(stream):
        return "too many boards are open here: ask for it every second", 503
    answer = Response(stream.events(since), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy must not wait for more
    answer.call_on_close(lambda: broadcaster.leave(stream))
    _give_up_on_the_dead()
    return answer


def _give_up_on_the_dead() -> None:
    connection = request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        with suppress(OSError):  # no TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
