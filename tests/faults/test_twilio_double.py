"""The double speaks as Twilio does: what its official client and validator make of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.twilio_double import (
    ACCOUNT,
    IN_REPORTS,
    LIST_LAGS,
    LIST_REFUSED,
    MISBEHAVED,
    SENDER,
    TOKEN,
    Reports,
    Twilio,
)

PHONE = "+12025550123"
OTHER = "+12025550124"


class Here(TwilioHttpClient):  # type: ignore[misc]  # comes without types
    """The official client's way to the double."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=5)
        self.url = url
        self.retry_after: str | None = None

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> object:
        theirs = urlsplit(url)
        self.session.hooks["response"] = [self.keep]
        query = f"?{theirs.query}" if theirs.query else ""
        return super().request(method, f"{self.url}{theirs.path}{query}", *args, **kwargs)

    def keep(self, response: object, **_: object) -> None:
        self.retry_after = response.headers.get("Retry-After")  # type: ignore[attr-defined]


class OurSide(ThreadingHTTPServer):
    """Webhooks as they arrive, each with whether its signature is genuine."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Webhook)
        self.heard: list[tuple[str, dict[str, str], bool]] = []
        self.answers: list[tuple[int, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def statuses(self, sid: str) -> list[str]:
        return [form["MessageStatus"] for _, form, _ in self.heard if form["MessageSid"] == sid]


class _Webhook(BaseHTTPRequestHandler):
    server: OurSide

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        url = self.server.url + self.path
        genuine = RequestValidator(TOKEN).validate(url, form, self.headers["X-Twilio-Signature"])
        self.server.heard.append((self.path, form, genuine))
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, "")
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def twilio(running_twilio: Twilio) -> Twilio:
    running_twilio.reset()
    return running_twilio


@pytest.fixture
def client(twilio: Twilio) -> Client:
    return Client(ACCOUNT, TOKEN, http_client=Here(twilio.url))


@pytest.fixture
def our_side() -> Iterator[OurSide]:
    made = OurSide()
    yield made
    made.shutdown()
    made.server_close()


def send(client: Client, to: str = PHONE, body: str = "hello", **more: object) -> str:
    return str(client.messages.create(to=to, from_=SENDER, body=body, **more).sid)


# --- texts --------------------------------------------------------------------------------


def test_a_text_is_taken_listed_and_fetched(client: Client, twilio: Twilio) -> None:
    made = client.messages.create(to=PHONE, from_=SENDER, body="hello", validity_period=300)
    twilio.wait_until_quiet()

    assert (made.status, made.direction, made.to, made.body) == (
        "queued",
        "outbound-api",
        PHONE,
        "hello",
    )
    assert made.date_created.tzinfo is UTC
    fetched = client.messages(made.sid).fetch()
    assert (fetched.sid, fetched.status, fetched.error_code) == (made.sid, "delivered", None)
    assert [m.sid for m in client.messages.list(to=PHONE)] == [made.sid]
    assert client.messages.list(to=OTHER) == []


def test_a_messaging_service_accepts_and_picks_the_sender(client: Client, twilio: Twilio) -> None:
    service = "MG" + "2" * 32
    made = client.messages.create(to=PHONE, messaging_service_sid=service, body="hello")
    twilio.wait_until_quiet()

    assert (made.status, made.from_) == ("accepted", None)
    assert client.messages(made.sid).fetch().from_ == SENDER


def test_the_list_comes_page_by_page_newest_first(client: Client) -> None:
    sids = [send(client, body=str(number)) for number in range(7)]

    assert [m.sid for m in client.messages.list(page_size=3)] == sids[::-1]
    assert len(client.messages.list(page_size=3, limit=4)) == 4


def test_the_list_can_be_asked_by_date_of_sending(client: Client, twilio: Twilio) -> None:
    sid = send(client)
    twilio.reports(Reports(leaves_after_s=30), OTHER)
    send(client, OTHER)
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)

    assert [m.sid for m in client.messages.list(date_sent_after=now - minute)] == [sid]
    assert client.messages.list(date_sent_after=now + minute) == []
    assert [m.sid for m in client.messages.list(date_sent_before=now + minute)] == [sid]
    assert [m.sid for m in client.messages.list(date_sent=now.date())] == [sid]


def test_the_list_can_lag_or_be_refused(client: Client, twilio: Twilio) -> None:
    sid = send(client)
    twilio.behave("ok", hidden_s=0.4)
    assert client.messages.list() == []
    time.sleep(0.45)
    assert [m.sid for m in client.messages.list()] == [sid]
    twilio.behave("ok", forgetful=True)
    with pytest.raises(TwilioException, match="20500"):
        client.messages.list()
    told = [line["mode"] for line in twilio.journal(MISBEHAVED)]
    assert told == [LIST_LAGS, LIST_REFUSED]  # each when it happened, not when nothing was hidden


@pytest.mark.parametrize("wait", ["1", "60", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "soon", None])
def test_too_many_requests_says_when_to_come_again_in_any_form(
    client: Client, twilio: Twilio, wait: str | None
) -> None:
    twilio.behave("429", retry_after=wait)

    with pytest.raises(TwilioRestException) as refused:
        send(client)
    assert (refused.value.status, refused.value.code) == (429, 20429)
    assert client.http_client.retry_after == wait
    assert twilio.texts == []


@pytest.mark.parametrize("code", [21211, 21408, 21608, 21610, 21611, 21614, 30034])
def test_each_code_can_be_the_reason_of_a_refusal(
    client: Client, twilio: Twilio, code: int
) -> None:
    twilio.script(PHONE, f"400:{code}")

    with pytest.raises(TwilioRestException) as refused:
        send(client)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_what_is_wrong_is_refused_as_twilio_does(client: Client) -> None:
    for to, body, code in (("2025550123", "hi", 21211), (PHONE, "x" * 1601, 21617)):
        with pytest.raises(TwilioRestException) as refused:
            send(client, to, body)
        assert refused.value.code == code
    stranger = Client(ACCOUNT, "wrong", http_client=client.http_client)
    with pytest.raises(TwilioRestException) as refused:
        send(stranger)
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioRestException) as refused:
        client.messages("SM" + "9" * 32).fetch()
    assert refused.value.status == 404


def test_a_number_s_script_is_done_step_by_step_and_touches_no_other(
    client: Client, twilio: Twilio
) -> None:
    twilio.script(PHONE, "503", "400:21611")

    for status in (503, 400):
        with pytest.raises(TwilioRestException) as refused:
            send(client)
        assert refused.value.status == status
        send(client, OTHER)
    send(client)


LOSES_THE_ANSWER = pytest.mark.parametrize(
    "mode", ["500_after_accept", "reset_after_accept", "half_after_accept", "reset_before_accept"]
)


@LOSES_THE_ANSWER
def test_an_answer_can_be_lost_with_or_without_the_text(
    client: Client, twilio: Twilio, mode: str
) -> None:
    twilio.script(PHONE, mode)

    with pytest.raises(Exception):  # noqa: B017 -- the line, the answer or a refusal
        send(client)
    assert len(twilio.texts) == (0 if "before" in mode else 1)
    assert not any(text["answered"] for text in twilio.texts)


def test_who_texted_stop_is_refused_until_start(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    assert twilio.text_in(f"{our_side.url}/in", PHONE, " stop ") == [200]
    with pytest.raises(TwilioRestException) as refused:
        send(client)
    assert refused.value.code == 21610
    send(client, OTHER)

    twilio.text_in(f"{our_side.url}/in", PHONE, "START")
    send(client)


# --- what is reported ---------------------------------------------------------------------


def test_reports_and_texts_in_are_signed_and_named_as_twilio_s(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.reports(Reports(apart_s=0.05))
    sid = send(client, status_callback=f"{our_side.url}/status?attempt=7#rc=5&rp=all")
    twilio.text_in(f"{our_side.url}/in", PHONE, "K7QM 1", sid="SM" + "3" * 32)
    twilio.wait_until_quiet()

    assert our_side.statuses(sid) == ["sent", "delivered"]
    assert all(genuine for _, _, genuine in our_side.heard)
    path, form, _ = next(h for h in our_side.heard if h[1]["MessageSid"] == sid)
    assert path == "/status?attempt=7"
    assert set(form) == {
        *("MessageSid", "SmsSid", "AccountSid", "From", "To"),
        *("MessageStatus", "SmsStatus", "ApiVersion"),
    }
    _, inbound, _ = next(h for h in our_side.heard if h[0] == "/in")
    assert (inbound["Body"], inbound["From"], inbound["To"]) == ("K7QM 1", PHONE, SENDER)
    assert inbound["SmsMessageSid"] == "SM" + "3" * 32


def test_a_text_that_does_not_arrive_says_why(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.reports(Reports(final="undelivered", error_code="30003"))
    sid = send(client, status_callback=f"{our_side.url}/status")
    twilio.wait_until_quiet()

    codes = {f["MessageStatus"]: f.get("ErrorCode") for _, f, _ in our_side.heard}
    assert codes == {"sent": None, "undelivered": "30003"}
    assert client.messages(sid).fetch().error_code == 30003


def test_reports_are_repeated_shuffled_lost_and_late_as_ordered(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    def told(**plan: object) -> list[str]:
        twilio.reports(Reports(**plan))  # type: ignore[arg-type]
        sid = send(client, status_callback=f"{our_side.url}/status")
        twilio.wait_until_quiet()
        return our_side.statuses(sid)

    assert sorted(told(times=3)) == ["delivered"] * 3 + ["sent"] * 3
    orders = {tuple(told(shuffled=True, apart_s=0.03, seed=seed)) for seed in range(12)}
    assert orders == {("sent", "delivered"), ("delivered", "sent")}
    assert told(lost=1.0) == []
    began = time.monotonic()
    assert told(delay_s=0.3, apart_s=0.02) == ["sent", "delivered"]
    assert time.monotonic() - began >= 0.3
    assert told(told=False) == []


def test_a_report_can_come_before_the_answer(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.reports(Reports(early=True))
    sid = send(client, status_callback=f"{our_side.url}/status")

    assert our_side.statuses(sid)[:1] == ["sent"]


def test_a_lie_is_told_as_delivered_and_never_arrived(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.reports(Reports(arrives=False))
    sid = send(client, status_callback=f"{our_side.url}/status")
    twilio.wait_until_quiet()

    assert sorted(our_side.statuses(sid)) == ["delivered", "sent"]
    assert [text["arrived"] for text in twilio.texts] == [False]


def test_what_was_ordered_is_told_only_when_it_has_happened(client: Client, twilio: Twilio) -> None:
    def happened() -> list[str]:
        twilio.wait_until_quiet()
        return [line["mode"] for line in twilio.journal(MISBEHAVED)]

    twilio.behave("500_after_accept", times=1)
    assert happened() == []
    with suppress(TwilioException):
        send(client)
    send(client)  # in good order again
    assert happened() == ["500_after_accept"]

    twilio.reports(Reports(apart_s=0.01, seed=3))
    send(client)
    twilio.reports(Reports(lost=1))
    assert happened() == ["500_after_accept"]
    send(client)
    assert happened() == ["500_after_accept", IN_REPORTS]


def test_a_text_older_than_its_validity_is_dropped(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.reports(Reports(leaves_after_s=1.2))
    sid = send(client, validity_period=1, status_callback=f"{our_side.url}/status")
    twilio.wait_until_quiet()

    assert our_side.statuses(sid) == ["failed"]
    assert [text["arrived"] for text in twilio.texts] == [False]


def test_a_report_is_tried_again_as_its_address_asks(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    our_side.answers = [(503, ""), (503, ""), (204, "")]
    twilio.reports(Reports(apart_s=2))
    send(client, status_callback=f"{our_side.url}/status#rc=5&rp=all")
    twilio.wait_until_quiet()
    our_side.answers = [(503, "")]
    twilio.text_in(f"{our_side.url}/in", PHONE, "hello")

    tries = [line["tries"] for line in twilio.journal("reported", "texted in")]
    assert tries == [[503, 503, 204], [200], [503]]


# --- calls --------------------------------------------------------------------------------

QUESTION = (
    '<Response><Gather numDigits="1" action="/answer" timeout="5"><Say>Press 1 to accept.</Say>'
    "</Gather><Say>Nobody answered.</Say><Hangup/></Response>"
)
THANKS = "<Response><Say>Thank you.</Say></Response>"


@pytest.mark.parametrize(
    ("taker", "status", "answered_by", "heard", "pressed"),
    [
        ("human:1", "completed", "human", ["Press 1 to accept.", "Thank you."], ["1"]),
        ("human:", "completed", "human", ["Press 1 to accept.", "Nobody answered."], []),
        ("hang up", "completed", "human", ["Press 1 to accept."], []),
        (
            "machine",
            "completed",
            "machine_start",
            ["Press 1 to accept.", "Nobody answered."],
            [],
        ),
        ("busy", "busy", None, [], []),
        ("no-answer", "no-answer", None, [], []),
        ("failed", "failed", None, [], []),
    ],
)
def test_a_call_is_taken_by_a_person_a_machine_or_nobody(
    client: Client,
    twilio: Twilio,
    our_side: OurSide,
    taker: str,
    status: str,
    answered_by: str | None,
    heard: list[str],
    pressed: list[str],
) -> None:
    twilio.takes_calls(PHONE, taker)
    our_side.answers = [(200, QUESTION), (200, THANKS)]

    made = client.calls.create(
        to=PHONE, from_=SENDER, url=f"{our_side.url}/voice?attempt=7", machine_detection="Enable"
    )
    assert made.status == "queued"
    twilio.wait_until_quiet()

    call = client.calls(made.sid).fetch()
    assert (call.status, call.answered_by) == (status, answered_by)
    (kept,) = twilio.calls
    assert (kept["heard"], kept["pressed"]) == (heard, pressed)
    assert all(genuine for _, _, genuine in our_side.heard)
    if pressed:
        path, form, _ = our_side.heard[-1]
        assert (path, form["Digits"], form["CallSid"]) == ("/answer", "1", made.sid)


def test_a_call_reports_the_events_that_were_asked_for(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.takes_calls("*", "human:4711#")
    client.calls.create(
        to=PHONE,
        from_=SENDER,
        twiml='<Response><Gather finishOnKey="#"><Say>PIN?</Say></Gather></Response>',
        status_callback=f"{our_side.url}/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    twilio.wait_until_quiet()

    told = [form["CallStatus"] for path, form, _ in our_side.heard if path == "/status"]
    assert told == ["initiated", "ringing", "in-progress", "completed"]
    assert twilio.calls[0]["pressed"] == ["4711"]


def test_a_call_can_be_ended_by_us_and_wrong_ones_are_refused(
    client: Client, twilio: Twilio
) -> None:
    twilio.takes_calls(PHONE, "busy")
    made = client.calls.create(to=PHONE, from_=SENDER, twiml=THANKS)
    client.calls(made.sid).update(status="completed")
    twilio.wait_until_quiet()
    assert client.calls(made.sid).fetch().status in {"canceled", "busy"}

    with pytest.raises(TwilioRestException) as refused:
        client.calls.create(to="desk", from_=SENDER, twiml=THANKS)
    assert refused.value.code == 21211
    twilio.script(PHONE, "400:21614")
    with pytest.raises(TwilioRestException) as refused:
        client.calls.create(to=PHONE, from_=SENDER, twiml=THANKS)
    assert [line["code"] for line in twilio.journal("refused")] == [21211, refused.value.code]


@LOSES_THE_ANSWER
def test_the_answer_to_a_ring_can_be_lost_with_or_without_the_ring(
    client: Client, twilio: Twilio, mode: str
) -> None:
    twilio.script(PHONE, mode)

    with pytest.raises(Exception):  # noqa: B017 -- the line, the answer or a refusal
        client.calls.create(to=PHONE, from_=SENDER, twiml=THANKS)
    client.calls.create(to=OTHER, from_=SENDER, twiml=THANKS)

    twilio.wait_until_quiet()
    assert [call["answered"] for call in twilio.calls] == [False, True][
        1 if "before" in mode else 0 :
    ]
    listed = [call.to for call in client.calls.list(to=PHONE)]
    assert listed == [call["to"] for call in twilio.calls[:-1]]
    assert [line["mode"] for line in twilio.journal(MISBEHAVED)] == [mode]


def test_a_ring_can_be_over_before_it_is_answered_that_it_was_taken(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    twilio.script(PHONE, "report_before_answer")
    told = f"{our_side.url}/status"

    made = client.calls.create(to=PHONE, from_=SENDER, twiml=THANKS, status_callback=told)

    assert [form["CallSid"] for _, form, _ in our_side.heard] == [made.sid]


def test_news_of_a_ring_is_repeated_shuffled_and_lost_as_ordered(
    client: Client, twilio: Twilio, our_side: OurSide
) -> None:
    events = ["initiated", "ringing", "completed"]

    def told(**plan: object) -> tuple[str, ...]:
        twilio.reports(Reports(**plan))  # type: ignore[arg-type]
        address = f"{our_side.url}/status"
        client.calls.create(
            to=PHONE,
            from_=SENDER,
            twiml=THANKS,
            status_callback=address,
            status_callback_event=events,
        )
        twilio.wait_until_quiet()
        news = tuple(form["CallStatus"] for _, form, _ in our_side.heard)
        our_side.heard.clear()
        return news

    twilio.takes_calls(PHONE, "busy")
    assert told() == ("initiated", "ringing", "busy")
    assert sorted(told(times=2)) == sorted(["initiated", "ringing", "busy"] * 2)
    assert len({told(shuffled=True, seed=seed) for seed in range(8)}) > 1
    assert told(lost=1.0) == ()
    assert told(final="undelivered") == ("initiated", "ringing", "busy")


def test_the_journal_has_everything_with_its_instant(client: Client, twilio: Twilio) -> None:
    before = time.monotonic()
    sid = send(client)
    twilio.wait_until_quiet()

    lines = twilio.journal()
    assert [line["event"] for line in lines][:2] == ["request", "accepted"]
    assert [line["status"] for line in lines if line["event"] == "became"] == ["sent", "delivered"]
    assert all(before <= line["at"] <= time.monotonic() for line in lines)
    assert {line["sid"] for line in lines[1:]} == {sid}
    assert twilio.journal(after=len(lines)) == []
