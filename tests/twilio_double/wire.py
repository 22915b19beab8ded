"""What Twilio puts on the wire: signatures, webhooks, dates."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urldefrag, urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

ACCOUNT = "AC" + "0" * 32
TOKEN = "1" * 32
SENDER = "+15550100000"
VERSION = "2010-04-01"
WEBHOOK_TIMEOUT_S = 15


def signature_of(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """As Twilio's documentation describes it: the address, then all fields by name."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def post_signed(url: str, form: Mapping[str, str], signed_url: str | None = None) -> int:
    """Deliver a webhook; returns the HTTP status, raises HTTPError for one above 399."""
    return int(webhook(url, form, signed_url)[0])


def webhook(
    url: str, form: Mapping[str, str], signed_url: str | None = None, token: str | None = None
) -> tuple[int, str]:
    """Deliver a webhook; returns the HTTP status and the body of the answer.

    token -- the same at each try.
    """
    sent = Request(url, urlencode(form).encode(), method="POST")
    sent.add_header("X-Twilio-Signature", signature_of(signed_url or url, form))
    sent.add_header("I-Twilio-Idempotency-Token", token or str(uuid4()))
    with urlopen(sent, timeout=WEBHOOK_TIMEOUT_S) as response:
        return int(response.status), response.read().decode()


def deliver(url: str, form: Mapping[str, str], retry_s: float = 0.2) -> tuple[list[Any], str]:
    """Deliver a webhook as often as its address asks for: `#rc=5&rp=all`.

    Returns what each try came to, an HTTP status or the name of an error, and the answer's body.
    Without a fragment a connection that fails is tried once more, as Twilio does.
    """
    address, fragment = urldefrag(url)
    asked = {name: values[0] for name, values in parse_qs(fragment).items()}
    again, every_failure = int(asked.get("rc", "1")), asked.get("rp") == "all"
    tries: list[Any] = []
    token = str(uuid4())
    for number in range(1 + again):
        if number:
            time.sleep(retry_s)
        try:
            status, body = webhook(address, form, token=token)
        except HTTPError as error:
            error.close()
            tries.append(error.code)
            if not (every_failure and error.code >= 500):
                break
        except OSError as error:
            tries.append(type(error).__name__)
        else:
            return [*tries, status], body
    return tries, ""


def report_form(
    text: Mapping[str, Any], status: str, error_code: str | None = None
) -> dict[str, str]:
    """The fields of a status report."""
    form = {
        "MessageSid": text["sid"],
        "SmsSid": text["sid"],
        "AccountSid": ACCOUNT,
        "From": text["from"] or SENDER,
        "To": text["to"],
        "MessageStatus": status,
        "SmsStatus": status,
        "ApiVersion": VERSION,
    }
    if text.get("messaging_service_sid"):
        form["MessagingServiceSid"] = text["messaging_service_sid"]
    if error_code:
        form["ErrorCode"] = error_code
    return form


def report(text: Mapping[str, Any], status: str, error_code: str | None = None) -> int:
    """Send a signed status report, as Twilio does; returns the HTTP status of the answer."""
    url = urldefrag(text["status_callback"])[0]
    return post_signed(url, report_form(text, status, error_code))


def now_written() -> str:
    """This instant as the API writes it: RFC 2822 in UTC."""
    return format_datetime(datetime.now(UTC))
