"""The Messages resource: take, list and fetch texts, and let them live their lives."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from tests.twilio_double.reports import Reports
from tests.twilio_double.state import LIST_LAGS, MISBEHAVED, State
from tests.twilio_double.wire import (
    ACCOUNT,
    SENDER,
    VERSION,
    deliver,
    now_written,
    report,
    report_form,
)

LONGEST_BODY = 1600
VALIDITY_OVER = "30036"
OURS = {"taken_at", "answered", "arrived"}
"""What we keep of a text that Twilio's own description of it does not have."""
_COLLECTION = f"/{VERSION}/Accounts/{ACCOUNT}/Messages.json"


def shown(text: Mapping[str, Any]) -> dict[str, Any]:
    """A text as the API shows it."""
    return {name: value for name, value in text.items() if name not in OURS}


def wrong_with(state: State, form: Mapping[str, str]) -> tuple[int, int] | None:
    """The HTTP status and code of a request that Twilio would not take."""
    to, body = form.get("To", ""), form.get("Body", "")
    if not (to.startswith("+") and to[1:].isdigit() and body):
        return 400, 21211
    if not (form.get("From") or form.get("MessagingServiceSid")):
        return 400, 21603
    if len(body) > LONGEST_BODY:
        return 400, 21617
    return (400, 21610) if to in state.blocked else None


def keep(state: State, form: Mapping[str, str]) -> dict[str, Any]:
    now = now_written()
    sid = "SM" + secrets.token_hex(16)
    text = {
        "sid": sid,
        "account_sid": ACCOUNT,
        "to": form["To"],
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "body": form["Body"],
        "status": "queued" if "From" in form else "accepted",
        "direction": "outbound-api",
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": "USD",
        "api_version": VERSION,
        "uri": f"/{VERSION}/Accounts/{ACCOUNT}/Messages/{sid}.json",
        "subresource_uris": {},
        "date_created": now,
        "date_updated": now,
        "date_sent": None,
        "error_code": None,
        "error_message": None,
        "status_callback": form.get("StatusCallback"),
        "validity_period": form.get("ValidityPeriod"),
        "taken_at": time.monotonic(),
        "answered": False,
        "arrived": False,
    }
    with state.lock:
        state.texts.append(text)
        state.note("accepted", sid=sid, to=text["to"], about=text["status_callback"])
    return text


def listed(state: State, wanted: Mapping[str, str]) -> dict[str, Any]:
    """One page of the list, newest first. A text that has not left yet has no DateSent."""
    size = max(1, min(int(wanted.get("PageSize", 50)), 1000))
    page = int(wanted.get("Page", 0))
    with state.lock:
        texts = [t for t in reversed(state.texts) if _is_wanted(t, wanted)]
        seen = [t for t in texts if time.monotonic() - t["taken_at"] >= state.hidden_s]
        if len(seen) < len(texts):
            state.note(MISBEHAVED, mode=LIST_LAGS)
        texts = seen
    here, more = texts[page * size : (page + 1) * size], len(texts) > (page + 1) * size
    following = dict(wanted) | {"PageSize": str(size), "Page": str(page + 1)}
    if more:
        following["PageToken"] = "PA" + here[-1]["sid"]
    return {
        "messages": [shown(text) for text in here],
        "page": page,
        "page_size": size,
        "next_page_uri": f"{_COLLECTION}?{urlencode(following)}" if more else None,
        "previous_page_uri": None,
        "first_page_uri": f"{_COLLECTION}?{urlencode(dict(wanted) | {'Page': '0'})}",
        "uri": _COLLECTION,
        "start": page * size,
        "end": page * size + len(here) - 1,
    }


def _is_wanted(text: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    if wanted.get("To", text["to"]) != text["to"]:
        return False
    if wanted.get("From", text["from"]) != text["from"]:
        return False
    dates = {name: value for name, value in wanted.items() if name.startswith("DateSent")}
    if not dates:
        return True
    if text["date_sent"] is None:
        return False
    sent = parsedate_to_datetime(text["date_sent"])
    return all(_fits(name, _instant(value), sent) for name, value in dates.items())


def _fits(name: str, asked: datetime, sent: datetime) -> bool:
    if name == "DateSent>":
        return sent >= asked
    if name == "DateSent<":
        return sent <= asked
    return asked <= sent < asked + timedelta(days=1)


def _instant(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def live(state: State, text: dict[str, Any], *, told_first: bool) -> None:
    """Let a text that was taken leave, arrive and be reported, by and by.

    told_first -- that it was delivered is told before the request is answered."""
    plan = state.reports_for(text["to"])
    if plan.early and plan.told and text["status_callback"]:
        tries, _ = deliver(text["status_callback"], report_form(text, "sent"))
        state.note("reported", sid=text["sid"], status="sent", tries=tries)
    state.later.after(plan.leaves_after_s, lambda: _leave(state, text, plan))
    if told_first:
        report(text, "delivered")


def _leave(state: State, text: dict[str, Any], plan: Reports) -> None:
    validity_s = float(text["validity_period"] or 36_000)
    if plan.leaves_after_s > validity_s:
        _become(state, text, "failed", VALIDITY_OVER)
        return _tell(state, text, plan, ["failed"])
    with state.lock:
        text["date_sent"] = now_written()
        text["from"] = text["from"] or SENDER
    _become(state, text, "sent", None)
    text["arrived"] = plan.arrives and plan.final == "delivered"
    _become(state, text, plan.final, plan.error_code)
    return _tell(state, text, plan, [plan.final] if plan.early else ["sent", plan.final])


def _become(state: State, text: dict[str, Any], status: str, error_code: str | None) -> None:
    with state.lock:
        text["status"], text["date_updated"] = status, now_written()
        text["error_code"] = int(error_code) if error_code else None
        state.note("became", sid=text["sid"], status=status)


def _tell(state: State, text: Mapping[str, Any], plan: Reports, statuses: list[str]) -> None:
    if not plan.told or not text["status_callback"]:
        return
    chance = random.Random(f"{plan.seed}{text['sid']}{statuses}")
    told = [status for status in statuses for _ in range(plan.times)]
    if plan.shuffled:
        chance.shuffle(told)
    for number, status in enumerate(told):
        if chance.random() < plan.lost:
            state.note("report lost", sid=text["sid"], status=status)
            continue
        wait_s = plan.delay_s + number * plan.apart_s

        def send(status: str = status) -> None:
            code = plan.error_code if status in {"undelivered", "failed"} else None
            tries, _ = deliver(text["status_callback"], report_form(text, status, code))
            state.note("reported", sid=text["sid"], status=status, tries=tries)

        state.later.after(wait_s, send)


def text_in(state: State, wanted: Mapping[str, Any]) -> list[Any]:
    """Somebody texts our number; returns what each delivery of the webhook came to."""
    form = {
        "MessageSid": wanted["sid"],
        "SmsSid": wanted["sid"],
        "SmsMessageSid": wanted["sid"],
        "AccountSid": ACCOUNT,
        "From": wanted["number"],
        "To": wanted["to"],
        "Body": wanted["body"],
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": VERSION,
    }
    state.hear(wanted["number"], wanted["body"])
    tries, _ = deliver(wanted["url"], form)
    state.note("texted in", sid=wanted["sid"], number=wanted["number"], tries=tries)
    return tries
