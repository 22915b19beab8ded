"""The HTTP side of the double."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.twilio_double import calls, messages
from tests.twilio_double.reports import Reports
from tests.twilio_double.state import LIST_REFUSED, MISBEHAVED, Behaviour, State
from tests.twilio_double.wire import ACCOUNT, TOKEN, VERSION

REFUSALS = {"429": (429, 20429), "401": (401, 20003), "500": (500, 20500), "503": (503, 20503)}
_KINDS = {"Messages": messages, "Calls": calls}
HANGS_S = 60
DRIP_S = 0.3
_RESOURCE = re.compile(
    rf"/{VERSION}/Accounts/{ACCOUNT}/(Messages|Calls)(?:/(\w+))?\.json", re.ASCII
)


class Double(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = State()

    def handle_error(self, *_: object) -> None:
        """Whoever spoke with us was killed, or we broke the line ourselves."""


class Handler(BaseHTTPRequestHandler):
    server: Double
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet: two would wait 40 ms for each other

    state: State

    def parse_request(self) -> bool:
        """A request belongs to the state it arrived in, though there is a reset meanwhile."""
        self.state = self.server.state
        return super().parse_request()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        wanted = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path.startswith("/double/"):
            return self.answer(200, _KEPT[url.path](self.state, int(wanted.get("after", 0))))
        if not self.signed_in():
            return None
        found = _RESOURCE.fullmatch(url.path)
        if found is None:
            return self.refuse(404, 20404)
        kind, sid = found.groups()
        if sid is not None:
            return self.fetch(kind, sid)
        return self.list(kind, wanted)

    def list(self, kind: str, wanted: Mapping[str, str]) -> None:
        self.state.note("listed", to=wanted.get("To"))
        if self.state.forgetful:
            self.state.note(MISBEHAVED, mode=LIST_REFUSED)
            return self.refuse(500, 20500)
        return self.answer(200, _KINDS[kind].listed(self.state, wanted))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(length)
        if len(sent) < length:
            return self.reset()  # whoever wrote it died before its end: nobody asked for anything
        body = sent.decode()
        if self.path.startswith("/double/"):
            return self.answer(200, self.ordered(json.loads(body)))
        return self.asked(body) if self.signed_in() else None

    def asked(self, body: str) -> None:
        form = dict(parse_qsl(body, keep_blank_values=True))
        found = _RESOURCE.fullmatch(self.path)
        if found is None:
            return self.refuse(404, 20404)
        kind, sid = found.groups()
        if sid is None:
            form["StatusCallbackEvent"] = " ".join(parse_qs(body).get("StatusCallbackEvent", []))
            return self.create(kind, form)
        return self.end(sid) if kind == "Calls" else self.refuse(405, 20004)

    def ordered(self, wanted: dict[str, Any]) -> Any:
        if self.path == "/double/reset":
            self.state.later.close()
            self.server.state = State()
            return {}
        return _ORDERS[self.path](self.state, wanted)

    def fetch(self, kind: str, sid: str) -> None:
        rows = self.state.texts if kind == "Messages" else self.state.calls
        for row in list(rows):
            if row["sid"] == sid:
                return self.answer(200, _KINDS[kind].shown(row))
        return self.refuse(404, 20404)

    def end(self, sid: str) -> None:
        for call in list(self.state.calls):
            if call["sid"] == sid:
                calls.end(self.state, call)
                return self.answer(200, calls.shown(call))
        return self.refuse(404, 20404)

    def create(self, kind: str, form: dict[str, str]) -> None:
        """A text or a ring is asked for: it is taken, refused, or the line breaks."""
        state = self.state
        if kind == "Messages":
            with state.lock:
                state.requests.append(form)
                state.note("request", to=form.get("To"), about=form.get("StatusCallback"))
        behaviour = state.next_behaviour(form.get("To", ""), kind)
        time.sleep(behaviour.delay_s)
        mode = behaviour.mode
        if code := _KINDS[kind].wrong_with(state, form) or _refusal(mode):
            self.decline(form, code, behaviour.retry_after)
        elif mode == "kill:before_accept":
            os.kill(behaviour.pid, signal.SIGKILL)
        elif mode == "reset_before_accept":
            self.reset()
        elif mode == "hang_before_accept":
            time.sleep(HANGS_S)
        else:
            self.accept(kind, form, behaviour)

    def accept(self, kind: str, form: Mapping[str, str], behaviour: Behaviour) -> None:
        resource, mode = _KINDS[kind], behaviour.mode
        taken = resource.keep(self.state, form)
        as_taken = resource.shown(taken)
        resource.live(self.state, taken, told_first=mode == "report_before_answer")
        if mode == "reset_after_accept":
            return self.reset()
        if mode == "half_after_accept":
            return self.half_an_answer(as_taken)
        if mode == "drip":
            return self.drip()
        if mode == "500_after_accept":
            return self.refuse(500, 20500)
        if mode == "kill:after_accept":
            os.kill(behaviour.pid, signal.SIGKILL)
        elif mode == "hang":
            time.sleep(HANGS_S)
        self.answer(201, as_taken)
        taken["answered"] = mode == "ok" or mode == "report_before_answer"
        return None

    def signed_in(self) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {expected}":
            return True
        self.refuse(401, 20003)
        return False

    def decline(
        self, form: Mapping[str, str], code: tuple[int, int], retry_after: str | None = None
    ) -> None:
        """A text or a ring is refused, which the journal tells."""
        about = form.get("StatusCallback")
        self.state.note("refused", to=form.get("To"), code=code[1], about=about)
        self.refuse(*code, retry_after)

    def refuse(self, status: int, code: int, retry_after: str | None = None) -> None:
        content = {"code": code, "message": "No", "status": status, "more_info": ""}
        self.answer(status, content, retry_after)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def half_an_answer(self, content: object) -> None:
        sent = json.dumps(content).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent[: len(sent) // 2])
        self.wfile.flush()
        self.reset()

    def drip(self) -> None:
        for sign in b"HTTP/1.1 201 Created\r\nX-Slow: " + b"." * 60:
            self.wfile.write(bytes([sign]))
            self.wfile.flush()
            time.sleep(DRIP_S)

    def answer(self, status: int, content: object, retry_after: str | None = None) -> None:
        sent = json.dumps(content).encode()
        self.send_response(status)
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


def _refusal(mode: str) -> tuple[int, int] | None:
    if mode.startswith("400:"):
        return 400, int(mode.removeprefix("400:"))
    return REFUSALS.get(mode)


# --- what tests ask and order ------------------------------------------------------------


def _texts(state: State, after: int) -> dict[str, Any]:
    return {"texts": state.texts[after:], "requests": state.requests}


_KEPT: dict[str, Callable[[State, int], dict[str, Any]]] = {
    "/double/texts": _texts,
    "/double/calls": lambda state, after: {"calls": state.calls[after:]},
    "/double/journal": lambda state, after: {"journal": state.journal[after:]},
    "/double/open": lambda state, _: {"open": state.later.open},
}


def _behave(state: State, wanted: dict[str, Any]) -> None:
    with state.lock:
        state.usually, state.times = Behaviour(**wanted["behaviour"]), wanted["times"]
        state.forgetful, state.hidden_s = wanted["forgetful"], wanted["hidden_s"]


def _script(state: State, wanted: dict[str, Any]) -> None:
    steps = deque(Behaviour(**step) for step in wanted["steps"])
    with state.lock:
        state.scripts[wanted["number"]] = steps


def _takes_calls(state: State, wanted: dict[str, Any]) -> None:
    with state.lock:
        state.takers[wanted["number"]] = deque(wanted["takers"])


def _reports(state: State, wanted: dict[str, Any]) -> None:
    plan = Reports(**wanted["plan"])
    with state.lock:
        state.chance = random.Random(plan.seed)
        if wanted["number"] is None:
            state.reports = plan
        else:
            state.reports_of[wanted["number"]] = plan


def _text_in(state: State, wanted: dict[str, Any]) -> dict[str, Any]:
    def once() -> list[Any]:
        return messages.text_in(state, wanted)

    if wanted["wait"]:
        return {"tries": [once() for _ in range(wanted["times"])]}
    for _ in range(wanted["times"]):
        state.later.after(wanted["after_s"], once)
    return {}


_ORDERS: dict[str, Callable[[State, dict[str, Any]], Any]] = {
    "/double/behave": _behave,
    "/double/script": _script,
    "/double/takes_calls": _takes_calls,
    "/double/reports": _reports,
    "/double/text_in": _text_in,
}


def serve() -> None:
    """Serve on a free port of loopback, which is printed, until killed."""
    double = Double()
    print(double.server_address[1], flush=True)
    double.serve_forever()
