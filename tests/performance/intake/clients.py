"""Dispatchers who send one call after the other, in a process of their own."""

from __future__ import annotations

import multiprocessing
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from tests.typical_calls import UNARMED

KIND = {"Content-Type": "application/x-www-form-urlencoded"}
CALL = {f"facts.{fact}": answer for fact, answer in UNARMED.items()} | {
    "action": "send",
    "caller_name": "Maria Ortiz",
    "location": "Pier 3, by the crane",
    "narrative": "A man sits by the water and cries. He says that nobody needs him any more."
    " He has no weapon that she can see and does not know that she rings.",
}


@dataclass(frozen=True)
class Signed:
    """A session, and the token that its forms carry."""

    cookie: str
    csrf_token: str


def signed(url: str, cookie: str) -> Signed:
    """cookie -- of a session that the service knows."""
    web = HTTPConnection(urlsplit(url).netloc, timeout=30)
    web.request("GET", "/intake", headers={"Cookie": cookie})
    answer = web.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', answer.read().decode())
    assert token is not None
    own = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or ()]
    return Signed("; ".join([cookie, *own]), token.group(1))


@dataclass(frozen=True)
class Sent:
    took_s: list[float]
    """From asking to the answer's end, one for each call that was taken."""
    refused: int


def send_calls(url: str, who: Sequence[Signed], calls: int) -> Sent:
    """`calls` in all, each client one after the other, all clients at once."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send_all, (url, who, calls))


def _send_all(url: str, who: Sequence[Signed], calls: int) -> Sent:
    turns, took_s, refused = iter(range(calls)), list[float](), list[int]()

    def client(signed: Signed) -> None:
        web = HTTPConnection(urlsplit(url).netloc, timeout=30)
        for _ in turns:  # what is left, for whoever asks next
            began = time.perf_counter()
            status, _ = send_call(web, signed)
            took_s.append(time.perf_counter() - began)
            if status >= 400:
                refused.append(status)

    threads = [threading.Thread(target=client, args=[signed]) for signed in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Sent(took_s, len(refused))


def send_call(web: HTTPConnection, signed: Signed) -> tuple[int, str]:
    """Everybody rings once: each number is another's. Returns the status and where the call is."""
    key = uuid4()
    form = CALL | {"form_key": str(key), "csrf_token": signed.csrf_token}
    form["caller_phone"] = f"202-{200 + key.int % 800}-{key.int // 800 % 10_000:04}"
    web.request("POST", "/intake", urlencode(form), KIND | {"Cookie": signed.cookie})
    answer = web.getresponse()
    answer.read()
    return answer.status, answer.headers.get("Location", "")
