"""The demo: the real service on SQLite, with invented people and simulated telephones."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from triage.entrypoints import demo_town
from triage.settings import ROOT, fresh_key, read_settings

FOLDER = ROOT / "var"
START_LIMIT_S = 60


def run(port: int) -> int:
    """Run until interrupted. Returns the exit status."""
    if _taken(port):
        print(f"Port {port} is in use. Choose another: PORT={port + 1} make demo", file=sys.stderr)
        return 1
    kept = _keep_secrets()
    environ = dict(os.environ) | _environment(kept, port)
    demo_town.settle(read_settings(environ), kept)
    base_url = f"http://127.0.0.1:{port}"
    _write(FOLDER / "demo.json", _for_programs(base_url, kept))
    children = {"web": _start("serve", "--bind", f"127.0.0.1:{port}", environ=environ)}
    children["worker"] = _start("worker", environ=environ)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not _answers(base_url, children["web"]):
            print("The service did not start; see the message above.", file=sys.stderr)
            return 1
        print(_welcome(base_url, kept), flush=True)
        return _watch(children, environ, port)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(children)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _keep_secrets() -> dict[str, Any]:
    """Keys, passwords and the API token of this demo, made at its first start.

    Without them an older demo database cannot be opened, so it is made anew.
    """
    file = FOLDER / "demo_secrets.json"
    if file.exists():
        kept: dict[str, Any] = json.loads(file.read_text())
        return kept
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    for old in FOLDER.glob("demo.sqlite*"):
        old.unlink()
    words = "river-maple-lantern-harbor-meadow-copper-willow-summit-ember-quill".split("-")
    kept = {
        "secret_key": secrets.token_urlsafe(48),
        "data_key": fresh_key("demo1"),
        "index_key": fresh_key("demo1"),
        "passwords": {
            username: "-".join(secrets.choice(words) for _ in range(4))
            for username in demo_town.ACCOUNTS
        },
        "api_token": None,
    }
    _write(file, kept)
    return kept


def _environment(kept: dict[str, Any], port: int) -> dict[str, str]:
    return {
        "TRIAGE_DATABASE_URL": f"sqlite:///{FOLDER / 'demo.sqlite'}",
        "TRIAGE_SECRET_KEY": kept["secret_key"],
        "TRIAGE_DATA_KEY": kept["data_key"],
        "TRIAGE_INDEX_KEY": kept["index_key"],
        "TRIAGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRIAGE_SMS": "simulator",
        "TRIAGE_SIMULATOR_FILE": str(FOLDER / "demo_phones.sqlite"),
        "TRIAGE_DEMO": "true",
    }


def keep_token(token: str) -> None:
    """The token is stored hashed; only this file tells it again at the next start."""
    file = FOLDER / "demo_secrets.json"
    _write(file, json.loads(file.read_text()) | {"api_token": token})


def _for_programs(base_url: str, kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "base_url": base_url,
        "api_token": kept["api_token"],
        "users": [
            {"role": role, "name": username, "password": kept["passwords"][username]}
            for username, (_, role) in demo_town.ACCOUNTS.items()
        ],
        "simulator": {
            "messages": f"{base_url}/simulator/messages",
            "replies": f"{base_url}/simulator/replies",
        },
    }


def _write(file: Path, content: dict[str, Any]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=2) + "\n")


def _start(*arguments: str, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "triage.entrypoints.cli", *arguments]
    # A group of its own: Ctrl-C reaches us first, and we stop it in order.
    return subprocess.Popen(command, env=environ, cwd=ROOT, start_new_session=True)


def _answers(base_url: str, web: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and web.poll() is None:
        try:
            with urllib.request.urlopen(f"{base_url}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _watch(children: dict[str, subprocess.Popen[bytes]], environ: dict[str, str], port: int) -> int:
    """A worker that dies is started again; without the web the demo ends."""
    while children["web"].poll() is None:
        if children["worker"].poll() is not None:
            children["worker"] = _start("worker", environ=environ)
        time.sleep(0.5)
    return children["web"].returncode or 1


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    for child in children.values():
        try:
            child.wait(12)
        except subprocess.TimeoutExpired:
            child.kill()


def _welcome(base_url: str, kept: dict[str, Any]) -> str:
    people = "\n".join(
        f"    {role:14} {username:14} {kept['passwords'][username]}"
        for username, (_, role) in demo_town.ACCOUNTS.items()
    )
    return f"""
  Crisis call triage runs at {base_url} with invented people; nothing leaves this machine.

    role           sign in as     password
{people}

  Try this:
    1. Sign in as the dispatcher and take a call:   {base_url}/intake
       Place "Fifth Street Bridge", a few words, then answer with the number keys.
    2. Send the team (Ctrl+Enter), and answer as the clinician: {base_url}/simulator
    3. Watch the board move:                        {base_url}/board
    4. Find the follow-up waiting:                  {base_url}/follow-ups

  A program finds all this in var/demo.json. Stop with Ctrl-C; what you did is kept.
"""
