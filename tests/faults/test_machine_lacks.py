"""The machine gives no random numbers, has no list of time zones, or of certificate authorities:
whoever starts the service is told which, in a sentence. Hidden from the process that is started,
never from the machine."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import subprocess
from pathlib import Path

import pytest

from tests.faults.system_calls import possible
from tests.faults.workers import TRIAGE
from tests.servers import missing
from tests.stories.test_operating import triage
from tests.twilio_double import ACCOUNT, SENDER, TOKEN
from tests.world import environment

HEARTBEAT = "https://heartbeat.example/centre"
_GETRANDOM = {"x86_64": 318, "aarch64": 278}.get(platform.machine(), -1)
_SET_SECCOMP, _FILTER, _NO_NEW_PRIVILEGES = 22, 2, 38
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000


def refusal(folder: Path, *command: str, **more: str) -> str:
    told = triage(folder, *command, **more)
    assert told.returncode != 0
    assert "Traceback" not in told.stderr
    return told.stderr


def _without_random_numbers() -> None:
    """From now on the kernel refuses them to this process, whatever it becomes."""
    steps = [
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_EQUAL, 0, 1, _GETRANDOM),
        (_RETURN, 0, 0, _FAIL | errno.EIO),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER, program) != 0:
        os._exit(99)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_machine_without_random_numbers_is_told_so(tmp_path: Path, command: str) -> None:
    if not possible():
        missing("this machine does not let a process refuse itself system calls")
    settings = environment(f"sqlite:///{tmp_path / 'triage.sqlite'}", tmp_path)

    told = subprocess.run(
        [*TRIAGE, command],
        # Python itself would not start: it draws one for its dictionaries.
        env=os.environ | settings | {"PYTHONHASHSEED": "0"},
        preexec_fn=_without_random_numbers,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 1, told.stderr
    assert "cannot start: this machine gives no random numbers" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_machine_without_time_zones_is_told_from_a_slip_in_a_name(tmp_path: Path) -> None:
    (tmp_path / "tzdata").mkdir()  # in front of Python's package of this name, and empty
    (tmp_path / "tzdata" / "__init__.py").touch()
    before = os.environ.get("PYTHONPATH", "")

    told = refusal(
        tmp_path, "worker", PYTHONTZPATH="", PYTHONPATH=f"{tmp_path}{os.pathsep}{before}"
    )

    assert "time_zone: this machine has no list of time zones: install tzdata" in told


@pytest.mark.parametrize("hidden", ["none", "empty"])
def test_without_certificate_authorities_no_provider_is_spoken_with(
    tmp_path: Path, hidden: str
) -> None:
    file = tmp_path / "authorities.pem"
    if hidden == "empty":
        file.touch()
    provider = {"TRIAGE_SMS": "twilio", "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    provider |= {"TWILIO_FROM": SENDER, "REQUESTS_CA_BUNDLE": str(file)}
    assert triage(tmp_path, "db", "upgrade").returncode == 0

    told = refusal(tmp_path, "worker", **provider)
    doctor = triage(tmp_path, "doctor", **provider)

    unread = "cannot start: the list of certificate authorities cannot be read"
    assert unread in told
    assert "REQUESTS_CA_BUNDLE" in told
    assert f"NO WORKER STARTS: {unread}" in doctor.stdout


def test_doctor_tells_that_nobody_outside_can_be_told(tmp_path: Path) -> None:
    assert triage(tmp_path, "db", "upgrade").returncode == 0
    hidden = {"SSL_CERT_FILE": str(tmp_path / "none"), "SSL_CERT_DIR": str(tmp_path / "none")}

    there = triage(tmp_path, "doctor", TRIAGE_HEARTBEAT_URL=HEARTBEAT)
    away = triage(tmp_path, "doctor", TRIAGE_HEARTBEAT_URL=HEARTBEAT, **hidden)

    assert "outside:" not in there.stdout
    assert "outside: NOBODY IS TOLD: this machine has no list of certificate" in away.stdout
