"""A double of Twilio's Messages resource: a process of its own that can misbehave.

Run as a program it serves; `start_twilio` runs it and speaks with it. What goes over the
wire follows Twilio's API description; what it does with a text is set by `behave`:

    ok, 429, 401, hang, drip         as they say; hang and drip have taken the text
    500_after_accept                 takes the text and says that it did not
    reset_after_accept               takes the text and breaks the line
    report_before_answer             delivers the report before the answer to the request
    400:21610                        refuses with that code
    kill:before_accept, kill:after_accept    kill -9 the process `pid`, then go on as ok
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

ACCOUNT = "AC" + "0" * 32
TOKEN = "1" * 32
SENDER = "+15550100000"


def signature_of(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """As Twilio's documentation describes it: the address, then all fields by name."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


CODES = {"429": (429, 20429), "401": (401, 20003)}

# --- the program ------------------------------------------------------------------------


class Double(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.texts: list[dict[str, Any]] = []
        self.requests: list[dict[str, str]] = []
        self.mode, self.pid, self.times, self.delay_s = "ok", 0, -1, 0.0
        self.forgetful = False
        self.lock = threading.Lock()

    def take_mode(self) -> str:
        with self.lock:
            if self.times == 0:
                return "ok"
            self.times -= 1
            return self.mode

    def keep(self, form: Mapping[str, str]) -> dict[str, Any]:
        now = formatdate(usegmt=False)
        text = {
            "sid": "SM" + secrets.token_hex(16),
            "account_sid": ACCOUNT,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "status": "queued" if "From" in form else "accepted",
            "direction": "outbound-api",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "error_code": None,
            "status_callback": form.get("StatusCallback"),
            "validity_period": form.get("ValidityPeriod"),
        }
        with self.lock:
            self.texts.append(text)
        return text


class Handler(BaseHTTPRequestHandler):
    server: Double
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet: two would wait 40 ms for each other

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/double/texts":
            return self.answer(200, {"texts": self.server.texts, "requests": self.server.requests})
        if not self.signed_in():
            return None
        if self.server.forgetful:
            return self.refuse(500, 20500)
        wanted = parse_qs(url.query).get("To", [None])[0]
        found = [t for t in reversed(self.server.texts) if wanted in {None, t["to"]}]
        return self.answer(200, {"messages": found, "next_page_uri": None, "page": 0})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/double/behave":
            wanted = json.loads(body)
            with self.server.lock:
                self.server.mode, self.server.pid = wanted["mode"], wanted["pid"]
                self.server.times, self.server.delay_s = wanted["times"], wanted["delay_s"]
                self.server.forgetful = wanted["forgetful"]
            return self.answer(200, {})
        if not self.signed_in():
            return None
        return self.create(dict(parse_qsl(body, keep_blank_values=True)))

    def create(self, form: dict[str, str]) -> None:
        self.server.requests.append(form)
        time.sleep(self.server.delay_s)
        mode = self.server.take_mode()
        if code := self.wrong_with(form) or CODES.get(mode):
            self.refuse(*code)
        elif mode.startswith("400:"):
            self.refuse(400, int(mode.removeprefix("400:")))
        elif mode == "kill:before_accept":
            os.kill(self.server.pid, signal.SIGKILL)
        else:
            self.accept(form, mode)

    def wrong_with(self, form: Mapping[str, str]) -> tuple[int, int] | None:
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404, 20404
        if not form.get("To", "").startswith("+") or not form.get("Body"):
            return 400, 21211
        return None if form.get("From") or form.get("MessagingServiceSid") else (400, 21603)

    def accept(self, form: Mapping[str, str], mode: str) -> None:
        text = self.server.keep(form)
        if mode == "reset_after_accept":
            return self.reset()
        if mode == "drip":
            return self.drip()
        if mode == "500_after_accept":
            return self.refuse(500, 20500)
        if mode == "kill:after_accept":
            os.kill(self.server.pid, signal.SIGKILL)
        elif mode == "hang":
            time.sleep(60)
        elif mode == "report_before_answer":
            report(text, "delivered")
        return self.answer(201, text)

    def signed_in(self) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {expected}":
            return True
        self.refuse(401, 20003)
        return False

    def refuse(self, status: int, code: int) -> None:
        self.answer(status, {"code": code, "message": "No", "status": status, "more_info": ""})

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def drip(self) -> None:
        for sign in b"HTTP/1.1 201 Created\r\nX-Slow: " + b"." * 60:
            self.wfile.write(bytes([sign]))
            self.wfile.flush()
            time.sleep(0.3)

    def answer(self, status: int, content: object) -> None:
        sent = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


def report(text: Mapping[str, Any], status: str, error_code: str | None = None) -> int:
    """Send a signed status report, as Twilio does; returns the HTTP status of the answer."""
    form = {
        "MessageSid": text["sid"],
        "SmsSid": text["sid"],
        "AccountSid": ACCOUNT,
        "From": text["from"] or SENDER,
        "To": text["to"],
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": "2010-04-01",
    }
    if error_code:
        form["ErrorCode"] = error_code
    return post_signed(text["status_callback"], form)


def post_signed(url: str, form: Mapping[str, str], signed_url: str | None = None) -> int:
    sent = Request(url, urlencode(form).encode(), method="POST")
    sent.add_header("X-Twilio-Signature", signature_of(signed_url or url, form))
    with urlopen(sent, timeout=15) as response:
        return int(response.status)


def serve() -> None:
    double = Double()
    print(double.server_address[1], flush=True)
    double.serve_forever()


# --- and how tests speak with it --------------------------------------------------------


@dataclass
class Twilio:
    """The running double, from a test's side."""

    process: subprocess.Popen[str]
    url: str

    @property
    def texts(self) -> list[dict[str, Any]]:
        """All that were taken, in order."""
        return list(self._get()["texts"])

    @property
    def requests(self) -> list[dict[str, str]]:
        """The fields of all requests to send, taken or not."""
        return list(self._get()["requests"])

    def behave(
        self,
        mode: str,
        *,
        pid: int = 0,
        times: int = -1,
        delay_s: float = 0,
        forgetful: bool = False,
    ) -> None:
        """From now on, or for so many requests; `delay_s` before each is taken.

        forgetful -- refuse to list what was taken.
        """
        wanted = {
            "mode": mode,
            "pid": pid,
            "times": times,
            "delay_s": delay_s,
            "forgetful": forgetful,
        }
        with urlopen(f"{self.url}/double/behave", json.dumps(wanted).encode(), timeout=5):
            pass

    def wait_for(self, texts: int, within_s: float = 10) -> list[dict[str, Any]]:
        """The texts, as soon as there are so many."""
        deadline = time.monotonic() + within_s
        while len(found := self.texts) < texts and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def _get(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/double/texts", timeout=5) as response:
            content: dict[str, Any] = json.load(response)
        return content

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def start_twilio() -> Twilio:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    return Twilio(process, f"http://127.0.0.1:{port}")


if __name__ == "__main__":
    serve()
