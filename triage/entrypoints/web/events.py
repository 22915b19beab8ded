"""Boards by server-sent events: what has changed is pushed to the page that shows it.

Beyond the most streams that one process carries, and wherever events do not pass, the page asks for
its fragment every second as before (assets/src/live.js).
"""

import socket
import ssl
from contextlib import suppress
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue

from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.broadcasts import broadcaster_of
from triage.entrypoints.web.languages import language
from triage.entrypoints.web.streams import Stream

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


def _stream(path: str, since: str) -> ResponseReturnValue:
    broadcaster, line = broadcaster_of(current_app), _line()
    fragment = f"{path} {language()}"
    stream = Stream(fragment, current_person().sign_in_id, line if broadcaster.writes else None)
    if not broadcaster.join(stream):
        return "too many boards are open here: ask for it every second", 503
    answer = Response(stream.events(since), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy must not wait for more
    answer.call_on_close(lambda: broadcaster.leave(stream))
    return answer


def _line() -> socket.socket | None:
    """The connection on which gunicorn answers in plain chunks, which is given up when dead."""
    line = request.environ.get("gunicorn.socket")
    if not isinstance(line, socket.socket):
        return None
    with suppress(OSError):  # no TCP
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
    chunked = request.environ["SERVER_PROTOCOL"] == "HTTP/1.1" and request.method == "GET"
    return line if chunked and not isinstance(line, ssl.SSLSocket) else None
