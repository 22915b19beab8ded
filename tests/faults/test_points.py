"""Every point at which a schedule strikes is come to by the way that the service really goes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import system_calls
from tests.faults.in_a_process import ROOT
from tests.faults.points import POINTS
from tests.servers import missing
from tests.twilio_double import ACCOUNT, SENDER, TOKEN, start_twilio

_HANDS_A_TEXT_OVER = """
import os, sys, time
from pathlib import Path
from sqlalchemy import create_engine, text
from tests.faults.points import Strike, arm
from triage.adapters.twilio_sms import TwilioSms
from triage.domain.phone_network import OutboundSms

point, url, account, token, sender, folder = sys.argv[1:]
phone = TwilioSms(account_sid=account, auth_token=token, sender=sender, messaging_service_sid=None,
    api_url=url, status_url="http://127.0.0.1:1/sms/status", timeout_s=5)
log = os.open(Path(folder) / "strikes", os.O_WRONLY | os.O_CREAT)
arm([Strike("the one", "worker", point, 1)], log)
sms = OutboundSms("01a2185a-2f8b-76fd-ac47-6264a7dc7560", "+12025550101", "hello", 60)
with create_engine(f"sqlite:///{folder}/t.sqlite").begin() as connection:
    connection.execute(text("CREATE TABLE told (words TEXT)"))
phone.send(sms)
phone.find(sms, 60)
time.sleep(1)
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_hands_a_text_over_comes_to_every_point(tmp_path: Path, point: str) -> None:
    if point in system_calls.POINTS and not system_calls.possible():
        missing(system_calls.NOT_HERE)
    twilio = start_twilio()
    try:
        names = (point, twilio.url, ACCOUNT, TOKEN, SENDER, str(tmp_path))
        command = [sys.executable, "-c", _HANDS_A_TEXT_OVER, *names]
        ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60)
        taken = len(twilio.texts)
    finally:
        twilio.stop()
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert "killed the one" in (tmp_path / "strikes").read_text()
    if point == "before_send":
        assert taken == 0
    if point in {"after_send", "before_find", "after_find"}:
        assert taken == 1
