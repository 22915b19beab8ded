"""Texts through Twilio."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3 import PoolManager
from urllib3.util import make_headers

from triage.adapters.clock import utc_now
from triage.adapters.provider_line import lines_to, over_within, something_was_handed_over
from triage.domain.delivery import NO_CONNECTION, failure_of
from triage.domain.phone_network import OutboundSms, Outcome, Refused, Sent, Unknown
from triage.domain.timing import retry_after_s

LONGEST_VALIDITY_S = 36_000
_DID_NOT_ARRIVE = {"failed", "undelivered", "canceled"}
_CLOCKS_DIFFER = timedelta(minutes=1)
ASK_AGAIN = "#rc=5&rp=all"
"""Behind an address for reports: where ours does not answer, Twilio tries five times."""
_silent = logging.Logger("twilio", level=logging.CRITICAL)
"""Twilio's library logs addresses with account and telephone numbers in them."""


class _Said(threading.local):
    """What this thread's latest answer said beside its content."""

    retry_after: str | None = None


class _Line(HttpClient):  # type: ignore[misc]  # comes without types
    """The official client's way out: to the configured address, within the time limit."""

    def __init__(self, api_url: str, timeout_s: float) -> None:
        super().__init__(_silent, is_async=False, timeout=timeout_s)
        self._api_url = api_url.rstrip("/")
        self.said = _Said()

    @cached_property
    def _lines(self) -> PoolManager:
        return lines_to(self._api_url)

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,
    ) -> Response:
        """One exchange. Whatever it answers is the answer: nothing is tried again or followed."""
        theirs = urlsplit(url)
        query = "&".join(filter(None, (theirs.query, _form(params))))
        self.said.retry_after = None
        with over_within(self.timeout):
            answer = self._lines.urlopen(
                method,
                f"{self._api_url}{theirs.path}" + (f"?{query}" if query else ""),
                body=_form(data),
                headers={**(headers or {}), **make_headers(basic_auth=auth and ":".join(auth))},
                timeout=self.timeout,
                retries=False,
                redirect=False,
            )
        self.said.retry_after = answer.headers.get("Retry-After")
        return Response(answer.status, answer.data.decode(errors="replace"), answer.headers)


def _form(fields: Mapping[str, object] | None) -> str | None:
    given = {name: value for name, value in (fields or {}).items() if value is not None}
    return urlencode(given, doseq=True) or None


class TwilioSms:
    """PhoneNetwork through Twilio's Messages resource.

    auth_token -- may be "new,old" while it is rotated: the first signs in, each verifies;
    status_url -- where reports go, our own key is added; timeout_s -- for a whole request.

    Reasons and exceptions are codes and type names: no number, text or account.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str | None,
        messaging_service_sid: str | None,
        api_url: str,
        status_url: str,
        timeout_s: float,
    ) -> None:
        tokens = auth_token.split(",")
        self._line = _Line(api_url, timeout_s)
        self._client = Client(account_sid, tokens[0], http_client=self._line)
        self._messages = self._client.messages  # the library loads this when it is first asked for
        self._validators = [RequestValidator(token) for token in tokens]
        self._from = (
            {"messaging_service_sid": messaging_service_sid}
            if messaging_service_sid
            else {"from_": sender}
        )
        self._status_url = status_url

    def send(self, sms: OutboundSms) -> Outcome:
        """There is no key that would make sending twice harmless: where the line breaks
        after the request was written, the outcome is unknown."""
        return self._hand_over(
            lambda: self._messages.create(
                to=sms.to,
                body=sms.body,
                validity_period=min(sms.validity_s, LONGEST_VALIDITY_S),
                status_callback=f"{self._status_url}?attempt={sms.id}{ASK_AGAIN}",
                **self._from,
            )
        )

    def _hand_over(self, create: Callable[[], Any]) -> Outcome:
        try:
            return Sent(str(create().sid))
        except TwilioException as error:
            return _refused(error, retry_after_s(self._line.said.retry_after, utc_now()))
        except Exception as error:  # urllib3's and JSON's: the line or the answer broke
            if something_was_handed_over():
                return Unknown(type(error).__name__)
            reason = NO_CONNECTION + type(error).__name__
            return Refused(reason, failure_of(reason).whose)

    def find(self, sms: OutboundSms, within_s: float) -> list[str] | None:
        """Twilio's keys of texts like this one that it took in the last `within_s` seconds,
        the newest first; None if it does not tell. Asked before a text in doubt is sent again."""
        since = since_about(within_s)
        try:
            newest = self._messages.list(to=sms.to, limit=20, page_size=20)
            return [
                str(message.sid)
                for message in newest
                if (message.body or "").strip() == sms.body.strip()
                and str(message.direction).startswith("outbound")
                and message.status not in _DID_NOT_ARRIVE
                and (message.date_created is None or message.date_created >= since)
            ]
        except Exception:
            return None

    def is_reached(self) -> bool:
        """Does the provider answer this machine, whatever it says?"""
        try:
            self._messages.list(limit=1, page_size=1)
        except TwilioException:
            return True
        except Exception:
            return something_was_handed_over()
        return True

    def is_genuine(self, url: str, form: Mapping[str, str], signature: str | None) -> bool:
        if not signature:
            return False
        return any(v.validate(url, dict(form), signature) for v in self._validators)


def since_about(within_s: float) -> datetime:
    """So long ago, by whatever clock the other side goes."""
    return utc_now() - timedelta(seconds=within_s) - _CLOCKS_DIFFER


def _refused(error: TwilioException, wait_s: float | None) -> Refused | Unknown:
    status: int | None = getattr(error, "status", None)
    code: int | None = getattr(error, "code", None)
    if status is None or status >= 500:  # it may have been taken all the same
        return Unknown(f"http {status}")
    if code is None or code == status:  # no code of Twilio's: the library puts the status there
        return Refused(f"http {status}", failure_of(None, status).whose, wait_s)
    return Refused(str(code), failure_of(str(code), status).whose, wait_s)
