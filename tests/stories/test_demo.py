"""A stranger types `make demo`: real processes, one machine, nothing but loopback."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.typical_calls import UNARMED


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, port: int, **more: str) -> tuple[subprocess.Popen[str], float]:
    began = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, "-m", "triage.entrypoints.cli", "demo", "--folder", str(folder)],
        env=os.environ | {"PORT": str(port)} | more,
        stdout=subprocess.PIPE,
        text=True,
    )
    while time.monotonic() - began < 60:
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return demo, time.monotonic() - began
        except (requests.ConnectionError, requests.Timeout):  # a busy machine
            assert demo.poll() is None, demo.stdout.read() if demo.stdout else ""
            time.sleep(0.05)
    raise AssertionError("the demo did not start")


def stop(demo: subprocess.Popen[str]) -> None:
    demo.send_signal(signal.SIGINT)
    demo.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "var"


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[dict[str, Any]]:
    demo, _ = start(folder, free_port())
    yield json.loads((folder / "demo.json").read_text())
    stop(demo)


def post_call(running: dict[str, Any], key: str, **body: Any) -> Any:
    return requests.post(
        f"{running['base_url']}/api/v1/calls",
        json={"facts": UNARMED, "location": "Market Square", "narrative": "He cries", **body},
        headers={
            "Authorization": f"Bearer {running['api_token']}",
            "Idempotency-Key": key,
        },
        timeout=10,
    )


def texts(running: dict[str, Any], code: str) -> list[dict[str, str]]:
    listed = requests.get(running["simulator"]["messages"], timeout=10).json()
    return [text for text in listed if code in text["body"]]


def read_call(running: dict[str, Any], reference: str) -> Any:
    return requests.get(
        f"{running['base_url']}/api/v1/calls/{reference}",
        headers={"Authorization": f"Bearer {running['api_token']}"},
        timeout=10,
    ).json()


def wait_for(look: Any, limit_s: float = 10) -> Any:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def test_it_tells_programs_how_to_drive_it(running: dict[str, Any]) -> None:
    roles = Counter(user["role"] for user in running["users"])

    twice = {"clinician": 2, "supervisor": 2}
    assert roles == {"administrator": 1, "dispatcher": 1, **twice}
    assert running["api_token"]


def test_a_call_is_paged_accepted_and_the_same_again_under_its_key(
    running: dict[str, Any],
) -> None:
    first = post_call(running, "one")
    assert first.status_code == 201, first.text
    reference = first.json()["reference"]
    assert post_call(running, "one").json()["reference"] == reference
    assert post_call(running, "one", narrative="other").status_code == 422

    def pages() -> list[dict[str, str]]:
        listed = requests.get(running["simulator"]["messages"], timeout=10).json()
        return [t for t in listed if re.search(r"Reply \w{4} 1=accept 2=decline$", t["body"])]

    page = wait_for(lambda: [p for p in pages() if "Downtown" in p["body"]])[-1]
    code = page["body"].partition("Reply ")[2][:4]
    requests.post(
        running["simulator"]["replies"], json={"from": page["to"], "body": f"{code} 1"}, timeout=10
    ).raise_for_status()

    wait_for(lambda: [t for t in texts(running, code) if "Market Square" in t["body"]])
    call = read_call(running, reference)
    states = [slot["state"] for d in call["dispatches"] for slot in d["slots"]]
    assert "accepted" in states
    assert call["follow_ups"]


def send(
    running: dict[str, Any], browser: requests.Session, page: str, to: str, form: dict[str, str]
) -> requests.Response:
    shown = browser.get(running["base_url"] + page, timeout=10).text
    token = re.search(r'name="csrf-token" content="([^"]+)"', shown)
    assert token
    data = form | {"csrf_token": token[1]}
    return browser.post(running["base_url"] + to, data=data, timeout=10)


def signed_in(folder: Path, running: dict[str, Any], name: str) -> requests.Session:
    browser = requests.Session()
    password = json.loads((folder / "demo_secrets.json").read_text())["passwords"][name]
    known = {"username": name, "password": password}
    assert send(running, browser, "/sign-in", "/sign-in", known).ok
    return browser


def test_a_visitor_gives_a_shift_away(folder: Path, running: dict[str, Any]) -> None:
    casey, jamie, boss = (
        signed_in(folder, running, name) for name in ("clinician", "clinician2", "supervisor")
    )

    def shifts(browser: requests.Session) -> str:
        return browser.get(f"{running['base_url']}/shifts", timeout=10).text

    def press(browser: requests.Session, pattern: str, **form: str) -> str:
        found = re.search(pattern, shifts(browser))
        assert found, pattern
        return send(running, browser, "/shifts", found[1], form).text

    choice = re.search(
        r'name="(taker-[^"]+)".*?value="([^"]{36})">Jamie Ortega, CIT 1', shifts(casey), re.DOTALL
    )
    assert choice
    assert "No shift is planned" in shifts(jamie)
    press(casey, r'action="(/shifts/[^"/]+/offer)"', **{choice[1]: choice[2]})
    press(jamie, r'action="([^"]+/take)"')
    assert "from now on it is the colleague" in press(boss, r'action="([^"]+/agree)"')
    assert "No shift is planned" not in shifts(jamie)


def test_a_second_start_keeps_what_was_done(folder: Path, running: dict[str, Any]) -> None:
    kept = json.loads((folder / "demo_secrets.json").read_text())

    assert kept["api_token"] == running["api_token"]
    assert (folder / "demo_secrets.json").stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_told_in_a_sentence(folder: Path, running: dict[str, Any]) -> None:
    port = int(running["base_url"].rsplit(":", 1)[1])
    told = subprocess.run(
        [sys.executable, "-m", "triage.entrypoints.cli", "demo", "--folder", str(folder)],
        env=os.environ | {"PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert told.returncode == 1
    assert f"Port {port} is in use" in told.stderr


def test_no_team_free_and_a_divert_can_be_tried(running: dict[str, Any]) -> None:
    """As README tells: two calls about bullying at school, the second more urgent."""
    bullied = UNARMED | {"problem_type": "school_bullying", "threat_to_others": "none"}
    first = post_call(running, "bullied", facts=bullied).json()["reference"]
    page = wait_for(lambda: [t for t in texts(running, "school team") if "1=accept" in t["body"]])[
        -1
    ]
    code = page["body"].partition("Reply ")[2][:4]
    requests.post(
        running["simulator"]["replies"], json={"from": page["to"], "body": f"{code} 1"}, timeout=10
    ).raise_for_status()
    wait_for(lambda: read_call(running, first)["dispatches"][0]["state"] == "accepted")

    wants_to_die = bullied | {"suicidal_ideation": "active"}
    second = post_call(running, "wants to die", facts=wants_to_die).json()["reference"]

    asked = {it["response"]: it["state"] for it in read_call(running, second)["dispatches"]}
    assert asked["school_team"] == "unfilled"
    assert f"Divert School Team from {code} (ROUTINE)" in seen_by_the_dispatcher(running, second)


def seen_by_the_dispatcher(running: dict[str, Any], reference: str) -> str:
    desk, base = requests.Session(), running["base_url"]
    user = next(user for user in running["users"] if user["role"] == "dispatcher")
    form = desk.get(f"{base}/sign-in", timeout=10).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert token
    typed = {"username": user["name"], "password": user["password"], "csrf_token": token[1]}
    desk.post(f"{base}/sign-in", data=typed, timeout=10).raise_for_status()
    return desk.get(f"{base}/calls/{reference}", timeout=10).text


def test_what_the_demo_ignores_is_told_at_its_start(tmp_path: Path) -> None:
    theirs = {"TRIAGE_CONFIG": "/nonexistent.toml", "TRIAGE_HEARTBEAT_URL": "http://127.0.0.1:1/"}
    demo, _ = start(tmp_path / "var", free_port(), **theirs)
    assert demo.stdout is not None
    first = demo.stdout.readline()
    stop(demo)

    assert first.startswith("The demo uses its own settings and ignores TRIAGE_CONFIG, ")
    assert "TRIAGE_HEARTBEAT_URL" in first


def at_work(folder: Path) -> list[str]:
    """The processes that were started for the demo in this folder and are still there."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            settings = environ.read_bytes()
        except OSError:  # of somebody else, or just gone
            continue
        if f"={folder}/".encode() in settings:
            found.append(environ.parent.name)
    return found


def test_who_presses_ctrl_c_again_leaves_nobody_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    demo, _ = start(folder, free_port())
    wait_for(lambda: len(at_work(folder)) >= 3)

    for _ in range(3):
        demo.send_signal(signal.SIGINT)
        time.sleep(0.3)
    demo.wait(20)

    assert at_work(folder) == []
