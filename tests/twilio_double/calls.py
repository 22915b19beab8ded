"""The Calls resource: a telephone rings, somebody or something takes it, and TwiML is done.

How a number takes a call is one word of its script:

    no-answer, busy, failed    nobody takes it
    machine                    an answering machine does: it listens and presses nothing
    human:1                    a person, who presses 1 when asked; `human:1,4711` presses 1 and
                               at the next question 4711; `human:` presses nothing
    hang up                    a person who hangs up at the first question

Ringing and waiting for keys take a few hundredths of a second here.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin
from xml.etree import ElementTree

from tests.twilio_double.state import IN_REPORTS, LIST_LAGS, MISBEHAVED, State
from tests.twilio_double.wire import ACCOUNT, VERSION, deliver, now_written

RING_S = 0.03
SHUFFLED_S = 0.3
MOST_DOCUMENTS = 20
NOBODY = {"no-answer", "busy", "failed"}
ENDED = {"completed", "canceled"} | NOBODY
OURS = {"heard", "url", "twiml", "events", "report_to", "detects", "answered_at", "pressed"}
OURS |= {"taken_at", "answered"}


class TwimlError(Exception):
    """What our side answered is not TwiML that Twilio would do."""


@dataclass
class Line:
    """One call while it lasts."""

    call: dict[str, Any]
    keys: list[str] = field(default_factory=list)
    hangs_up: bool = False
    documents: int = 0


def shown(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as the API shows it."""
    return {name: value for name, value in call.items() if name not in OURS}


def wrong_with(_: State, form: Mapping[str, str]) -> tuple[int, int] | None:
    """The HTTP status and code of a request that Twilio would not take."""
    to = form.get("To", "")
    if not (to.startswith("+") and to[1:].isdigit()):
        return 400, 21211
    if not form.get("From"):
        return 400, 21213
    return None if form.get("Url") or form.get("Twiml") else (400, 21205)


def listed(state: State, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The newest calls, to the number that is asked about."""
    with state.lock:
        calls = [c for c in reversed(state.calls) if wanted.get("To", c["to"]) == c["to"]]
        seen = [c for c in calls if time.monotonic() - c["taken_at"] >= state.hidden_s]
        if len(seen) < len(calls):
            state.note(MISBEHAVED, mode=LIST_LAGS)
    newest = seen[: int(wanted.get("PageSize", 50))]
    return {"calls": [shown(call) for call in newest], "next_page_uri": None}


def keep(state: State, form: Mapping[str, str]) -> dict[str, Any]:
    now, sid = now_written(), "CA" + secrets.token_hex(16)
    call = {
        "sid": sid,
        "account_sid": ACCOUNT,
        "to": form["To"],
        "from": form["From"],
        "status": "queued",
        "direction": "outbound-api",
        "answered_by": None,
        "api_version": VERSION,
        "date_created": now,
        "date_updated": now,
        "start_time": None,
        "end_time": None,
        "duration": None,
        "uri": f"/{VERSION}/Accounts/{ACCOUNT}/Calls/{sid}.json",
        "subresource_uris": {},
        "url": form.get("Url"),
        "twiml": form.get("Twiml"),
        "report_to": form.get("StatusCallback"),
        "events": form["StatusCallbackEvent"].split() or ["completed"],
        "detects": bool(form.get("MachineDetection")),
        "answered_at": None,
        "heard": [],
        "pressed": [],
        "taken_at": time.monotonic(),
        "answered": False,
    }
    with state.lock:
        state.calls.append(call)
        state.note("call taken", sid=sid, to=call["to"], about=call["url"])
    return call


def live(state: State, call: dict[str, Any], *, told_first: bool) -> None:
    """It rings at once, in a thread of its own.

    told_first -- all of the call is over before the request is answered."""
    if told_first:
        return ring(state, call)
    return state.later.after(0, lambda: ring(state, call))


def end(state: State, call: dict[str, Any]) -> None:
    """Our side ends the call: Status=completed or canceled."""
    over = "completed" if call["answered_at"] else "canceled"
    _become(state, call, over, "completed")


def ring(state: State, call: dict[str, Any]) -> None:
    """Let it ring and be taken, or not."""
    taker = state.next_taker(call["to"])
    _become(state, call, "initiated", "initiated")
    _become(state, call, "ringing", "ringing")
    time.sleep(RING_S)
    if taker in NOBODY:
        return _become(state, call, taker, "completed")
    call["answered_at"], call["start_time"] = time.monotonic(), now_written()
    if call["detects"]:
        call["answered_by"] = "machine_start" if taker == "machine" else "human"
    _become(state, call, "in-progress", "answered")
    keys = [key for key in taker.partition(":")[2].split(",") if key]
    try:
        _talk(state, Line(call, keys, taker == "hang up"))
    except (TwimlError, ElementTree.ParseError) as error:
        state.note("TwiML is wrong", sid=call["sid"], error=str(error))
    return _become(state, call, "completed", "completed")


def _become(state: State, call: dict[str, Any], status: str, event: str) -> None:
    with state.lock:
        if call["status"] in ENDED:
            return
        call["status"], call["date_updated"] = status, now_written()
        if status in ENDED:
            call["end_time"] = now_written()
        state.note("call became", sid=call["sid"], status=status)
    if call["report_to"] and event in call["events"]:
        _tell(state, call, status)


def _tell(state: State, call: Mapping[str, Any], status: str) -> None:
    """In their order and once, unless reports are to come in another way. Calls of a network whose
    texts are never reported are."""
    plan, form = state.reports_of.get(call["to"], state.reports), _form(call)

    def send() -> None:
        tries, _ = deliver(call["report_to"], form)
        state.note("reported", sid=call["sid"], status=status, tries=tries)

    if not plan.told or plan.of_calls_in_good_order:
        return send()
    state.note(MISBEHAVED, mode=IN_REPORTS)
    chance = random.Random(f"{plan.seed}{call['sid']}{status}")
    for _ in range(plan.times):
        if chance.random() < plan.lost:
            state.note("report lost", sid=call["sid"], status=status)
            continue
        wait_s = plan.delay_s + (chance.random() * SHUFFLED_S if plan.shuffled else 0)
        state.later.after(wait_s, send)
    return None


def _form(call: Mapping[str, Any], **more: str) -> dict[str, str]:
    form = {
        "CallSid": call["sid"],
        "AccountSid": ACCOUNT,
        "From": call["from"],
        "To": call["to"],
        "CallStatus": call["status"],
        "Direction": call["direction"],
        "ApiVersion": VERSION,
    }
    if call["answered_by"]:
        form["AnsweredBy"] = call["answered_by"]
    return form | more


def _talk(state: State, line: Line) -> None:
    """Do documents until one ends the call or somebody hangs up."""
    call, base = line.call, urldefrag(line.call["url"] or "")[0]
    document: str | None = call["twiml"] or _fetch(state, line, call["url"])
    while document is not None and call["status"] == "in-progress":
        line.documents += 1
        if line.documents > MOST_DOCUMENTS:
            raise TwimlError("more documents than any call needs")
        following = _do(line, _verbs(document))
        if following is None:
            return
        address, keys = following
        if not (base := urljoin(base, address)):
            return  # TwiML that came with the request has no address to ask again
        document = _fetch(state, line, base, **({"Digits": keys} if keys else {}))


def _fetch(state: State, line: Line, url: str, **more: str) -> str | None:
    tries, body = deliver(url, _form(line.call, **more))
    state.note("TwiML fetched", sid=line.call["sid"], tries=tries)
    return body if tries[-1] == 200 else None


def _verbs(document: str) -> Iterator[ElementTree.Element]:
    root = ElementTree.fromstring(document)
    if root.tag != "Response":
        raise TwimlError(f"the document is a {root.tag}, not a Response")
    return iter(root)


def _do(line: Line, verbs: Iterator[ElementTree.Element]) -> tuple[str, str] | None:
    """Do verb by verb; returns the next document's address and the keys pressed."""
    for verb in verbs:
        if verb.tag in {"Say", "Play"}:
            line.call["heard"].append((verb.text or "").strip())
        elif verb.tag == "Gather":
            if (following := _gather(line, verb)) is not None:
                return following
            if line.hangs_up:
                return None
        elif verb.tag == "Redirect":
            return (verb.text or "").strip(), ""
        elif verb.tag in {"Hangup", "Reject"}:
            return None
        elif verb.tag != "Pause":
            raise TwimlError(f"no such verb: {verb.tag}")
    return None


def _gather(line: Line, verb: ElementTree.Element) -> tuple[str, str] | None:
    """Ask for keys; None where none came and the document goes on after the question."""
    _do(line, iter(verb))  # what is said inside
    asked = verb.attrib
    typed = "" if line.hangs_up or not line.keys else line.keys.pop(0)
    finish = asked.get("finishOnKey", "#")
    if finish:
        typed = typed.partition(finish)[0]
    if most := asked.get("numDigits"):
        typed = typed[: int(most)]
    if typed:
        line.call["pressed"].append(typed)
    if not typed and asked.get("actionOnEmptyResult") != "true":
        return None
    return asked.get("action") or "", typed
