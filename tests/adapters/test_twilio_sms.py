"""Our side of the wire to Twilio, against a double that can misbehave."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from tests.twilio_double import ACCOUNT, SENDER, TOKEN, Twilio, signature_of
from triage.adapters.twilio_sms import TwilioSms
from triage.domain.delivery import Whose
from triage.domain.phone_network import OutboundSms, Refused, Sent, Unknown

PHONE = "+12025550123"
SOON_S = 5
"""Far less than what hangs or drips would take, far more than a busy machine adds."""
SMS = OutboundSms("0198-1234", PHONE, "Reply K7QM 1=accept 2=decline", 300)
PUBLIC = "https://triage.example.gov"


def phone(
    url: str, timeout_s: float = 1, token: str = TOKEN, service: str | None = None
) -> TwilioSms:
    return TwilioSms(
        account_sid=ACCOUNT,
        auth_token=token,
        sender=SENDER,
        messaging_service_sid=service,
        api_url=url,
        status_url=f"{PUBLIC}/sms/status",
        timeout_s=timeout_s,
    )


def test_a_text_is_sent_with_its_validity_and_where_to_report(twilio: Twilio) -> None:
    before = len(twilio.texts)

    outcome = phone(twilio.url).send(SMS)

    (text,) = twilio.texts[before:]
    assert outcome == Sent(text["sid"])
    assert (text["to"], text["from"], text["body"]) == (PHONE, SENDER, SMS.body)
    assert text["validity_period"] == "300"
    assert text["status_callback"] == f"{PUBLIC}/sms/status?attempt=0198-1234#rc=5&rp=all"


def test_a_messaging_service_takes_the_place_of_the_sender(twilio: Twilio) -> None:
    phone(twilio.url, service="MG" + "2" * 32).send(SMS)

    assert twilio.requests[-1]["MessagingServiceSid"] == "MG" + "2" * 32
    assert "From" not in twilio.requests[-1]


def test_the_address_may_have_a_path_of_its_own(twilio: Twilio) -> None:
    outcome = phone(f"{twilio.url}/proxy/").send(SMS)

    assert outcome == Refused("20404", Whose.PROVIDER)  # that path is not served there


@pytest.mark.parametrize(
    ("mode", "reason", "whose"),
    [
        ("429", "20429", Whose.PROVIDER),
        ("401", "20003", Whose.PROVIDER),
        ("400:21606", "21606", Whose.PROVIDER),
        ("400:21610", "21610", Whose.NUMBER),
        ("400:21211", "21211", Whose.NUMBER),
        ("400:21408", "21408", Whose.NUMBER),
        ("400:21614", "21614", Whose.NUMBER),
        ("400:99999", "99999", Whose.NOT_SAID),
    ],
)
def test_a_refusal_says_what_it_is_about(
    twilio: Twilio, mode: str, reason: str, whose: Whose
) -> None:
    before = len(twilio.texts)
    twilio.behave(mode)

    assert phone(twilio.url).send(SMS) == Refused(reason, whose)
    assert len(twilio.texts) == before


@pytest.mark.parametrize("mode", ["500_after_accept", "reset_after_accept", "hang", "drip"])
def test_a_text_that_may_have_been_taken_is_in_doubt_in_time_and_can_be_found(
    twilio: Twilio, mode: str
) -> None:
    network = phone(twilio.url, timeout_s=0.6)
    sms = OutboundSms("0198", PHONE, f"Reply {mode}", 300)
    twilio.behave(mode, times=1)

    started = time.monotonic()
    outcome = network.send(sms)

    assert time.monotonic() - started < SOON_S
    assert isinstance(outcome, Unknown)
    assert network.find(sms, 30) == [twilio.texts[-1]["sid"]]
    assert network.find(OutboundSms("0199", PHONE, "another", 300), 30) == []
    assert network.find(OutboundSms("0199", "+12025550999", sms.body, 300), 30) == []


FORKS = """
import os, sys, time
from tests.adapters.test_twilio_sms import SMS, SOON_S, phone

network = phone(sys.argv[1], timeout_s=0.6)
print(type(network.send(SMS)).__name__, flush=True)
started = time.monotonic()
if os.fork() == 0:
    print(type(network.send(SMS)).__name__, time.monotonic() - started < SOON_S, flush=True)
else:
    os.wait()
"""


def test_a_line_is_cut_in_time_after_a_fork_too(twilio: Twilio) -> None:
    twilio.behave("drip")
    command = [sys.executable, "-c", FORKS, twilio.url]

    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)

    assert told.stdout.splitlines() == ["Unknown", "Unknown True"]


def test_only_texts_of_the_time_in_question_are_found(twilio: Twilio) -> None:
    network = phone(twilio.url)
    network.send(SMS)

    assert network.is_reached()
    assert network.find(SMS, 0) != []
    assert network.find(SMS, -120) == []


def test_a_refused_line_is_no_doubt() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        outcome = phone(url).send(SMS)
        found = phone(url).find(SMS, 60)
        assert not phone(url).is_reached()

    assert outcome == Refused("no connection: NewConnectionError", Whose.PROVIDER)
    assert found is None  # that is not to say that it took nothing


def test_a_name_that_nobody_knows_is_no_doubt() -> None:
    outcome = phone("http://twilio.invalid", timeout_s=5).send(SMS)

    assert outcome == Refused("no connection: NameResolutionError", Whose.PROVIDER)


def unhurried(*_: object, **more: object) -> None:
    """A resolver that takes its time."""
    time.sleep(4 * SOON_S)


def test_a_name_that_is_not_found_in_time_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", unhurried)

    started = time.monotonic()
    outcome = phone("http://twilio.example", timeout_s=0.5).send(SMS)

    assert time.monotonic() - started < SOON_S
    assert outcome == Refused("no connection: ConnectTimeoutError", Whose.PROVIDER)


def test_a_name_with_many_dead_addresses_takes_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with full() as (port, _):
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead] * 8)
        started = time.monotonic()
        outcome = phone(f"http://twilio.example:{port}", timeout_s=0.5).send(SMS)

    assert time.monotonic() - started < SOON_S
    assert outcome == Refused("no connection: ConnectTimeoutError", Whose.PROVIDER)


def test_a_slow_connect_leaves_less_time_for_the_rest(
    twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = socket.getaddrinfo

    def slow(*args: Any, **more: Any) -> Any:
        time.sleep(0.5)
        return at(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    twilio.behave("drip")
    started = time.monotonic()
    outcome = phone(twilio.url, timeout_s=0.8).send(SMS)

    assert time.monotonic() - started < SOON_S
    assert isinstance(outcome, Unknown)


@contextmanager
def full() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port that takes no further line: a new one waits for an answer that does not come."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        yield port, waiting
        for line in waiting:
            line.close()


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        *(("1", 1), ("60", 60), ("-5", 1), ("3600", 60), ("soon", None), ("", None)),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
    ],
)
def test_how_long_it_asks_to_be_left_alone_is_told(header: str, wait_s: float | None) -> None:
    with answering(429, Retry_After=header) as (url, _):
        outcome = phone(url).send(SMS)

    assert outcome == Refused("20429", Whose.PROVIDER, wait_s)


def test_a_redirection_is_not_followed(twilio: Twilio) -> None:
    before = len(twilio.requests)

    messages = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    with answering(307, Location=messages) as (url, _):
        outcome = phone(url).send(SMS)

    assert outcome == Refused("20429", Whose.PROVIDER)
    assert len(twilio.requests) == before


def test_a_text_goes_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(429) as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy.replace("http://", "dana:p%40ss@"))
        monkeypatch.setenv("no_proxy", "")
        outcome = phone("http://twilio.invalid").send(SMS)

    assert outcome == Refused("20429", Whose.PROVIDER)
    ((path, headers),) = asked
    assert path.startswith("http://twilio.invalid/2010-04-01/Accounts/")
    assert headers["Proxy-Authorization"] == "Basic " + b64encode(b"dana:p@ss").decode()


def test_a_text_passes_by_the_proxy_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(429) as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "twilio.invalid")
        outcome = phone("http://twilio.invalid", timeout_s=5).send(SMS)

    assert outcome == Refused("no connection: NameResolutionError", Whose.PROVIDER)
    assert asked == []


@contextmanager
def answering(status: int, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    """A server that refuses everything: its address, and the requests as they came."""
    asked: list[Any] = []

    class Busy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.headers))
            said = b'{"code": 20429, "message": "No"}'
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server that answers a byte at a time over TLS: its port, and its certificate."""
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def drip() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(line, server_side=True) as spoken:
                    spoken.recv(65536)
                    for sign in b"HTTP/1.1 201 Created\r\n" + b"X-Slow: 1\r\n" * 9:
                        spoken.sendall(bytes([sign]))
                        time.sleep(0.2)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, daemon=True).start()
        yield listener.getsockname()[1], certificate


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


def test_a_line_with_tls_is_cut_in_time_too(
    tls: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, certificate = tls
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    started = time.monotonic()
    outcome = phone(f"https://localhost:{port}", timeout_s=0.6).send(SMS)

    assert time.monotonic() - started < SOON_S
    assert isinstance(outcome, Unknown)


def test_a_certificate_that_nobody_vouches_for_gets_no_text(tls: tuple[int, Path]) -> None:
    outcome = phone(f"https://localhost:{tls[0]}").send(SMS)

    assert outcome == Refused("no connection: SSLError", Whose.PROVIDER)


def test_a_line_that_was_dropped_while_idle_does_not_lose_the_next_text(twilio: Twilio) -> None:
    network = phone(twilio.url)
    assert isinstance(network.send(SMS), Sent)
    twilio.behave("reset_after_accept", times=1)
    network.send(SMS)

    assert isinstance(network.send(SMS), Sent)


def test_nothing_personal_is_logged(
    twilio: Twilio, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    network = phone(twilio.url, timeout_s=0.5)
    for mode in ("ok", "400:21211", "hang", "reset_after_accept"):
        twilio.behave(mode)
        outcome = network.send(SMS)
        twilio.behave("ok")
        network.find(SMS, 60)
        told = caplog.text + "".join(capsys.readouterr()) + repr(outcome)
        for secret in (PHONE, PHONE[1:], "K7QM", ACCOUNT, TOKEN):
            assert secret not in told


FORM = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": PHONE, "Body": "K7QM 1", "New": ""}
URL = f"{PUBLIC}/sms/inbound"


def test_a_genuine_webhook_is_known_by_its_signature() -> None:
    network = phone(PUBLIC)

    assert network.is_genuine(URL, FORM, signature_of(URL, FORM))


@pytest.mark.parametrize(
    ("url", "form", "signature"),
    [
        (URL, FORM, None),
        (URL, FORM, ""),
        (URL, FORM, "é" * 28),
        (URL, FORM, "x" * 10_000),
        (URL, FORM, signature_of(URL, FORM, token="2" * 32)),
        (URL, FORM | {"Body": "K7QM 2"}, signature_of(URL, FORM)),
        (URL, FORM | {"More": "1"}, signature_of(URL, FORM)),
        (URL, {k: v for k, v in FORM.items() if k != "Body"}, signature_of(URL, FORM)),
        (URL + "?message=2", FORM, signature_of(URL + "?message=1", FORM)),
        (URL.replace("https", "http"), FORM, signature_of(URL, FORM)),
    ],
)
def test_everything_else_is_forged(url: str, form: dict[str, str], signature: str | None) -> None:
    assert not phone(PUBLIC).is_genuine(url, form, signature)


def test_while_tokens_are_changed_both_are_believed_and_the_first_signs_in(twilio: Twilio) -> None:
    network = phone(twilio.url, token=f"{TOKEN},{'9' * 32}")

    assert isinstance(network.send(SMS), Sent)
    for token in (TOKEN, "9" * 32):
        assert network.is_genuine(URL, FORM, signature_of(URL, FORM, token=token))
