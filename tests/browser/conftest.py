"""The service as real processes, and a real browser in front of it."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.servers import CHROMIUM_ARGS, find_chromium, free_port, missing
from tests.world import PASSWORD, World, environment, make_world

START_UP_S = 60
WAIT_MS = 15_000
"""How long a busy machine may take; how soon a page shows something is what benchmarks measure."""
expect.set_options(timeout=WAIT_MS)
LONG_MS = 60_000
"""The same for what comes only after some seconds of watching."""
TELEPHONE = {"width": 320, "height": 640}
DESK = {"width": 1440, "height": 900}

Tab = Callable[..., Page]
SignIn = Callable[..., Page]


@dataclass
class Served:
    """The world, served at an address by `triage serve`, `triage worker` and, where a test
    wants it, `triage watch`."""

    world: World
    base_url: str
    environ: dict[str, str]
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]]
    serve: tuple[str, ...]
    """How the web is started."""

    def start(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "triage.entrypoints.cli", *(arguments or (name,))]
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Without a chance to say goodbye, and whatever it has started too."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)

    def stop(self, name: str) -> None:
        process = self.processes.pop(name, None)
        if process is not None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def served(world: World, database_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(world, database_url, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def centre(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all stories of a module, each with calls and teams of its own."""
    folder = tmp_path_factory.mktemp("centre")
    shutil.copy(sqlite_template, folder / "triage.sqlite")
    database_url = f"sqlite:///{folder / 'triage.sqlite'}"
    with make_world(database_url, folder) as made, serving(made, database_url, folder) as running:
        yield running


@contextmanager
def serving(world: World, database_url: str, folder: Path) -> Iterator[Served]:
    world.ignores_texts("whichever process sends them first")
    port = free_port()
    environ = {**environment(database_url, folder), "PATH": "/usr/bin:/bin"}
    serve = ("serve", "--bind", f"127.0.0.1:{port}", "--processes", "1")
    running = Served(world, f"http://127.0.0.1:{port}", environ, folder, {}, serve)
    try:
        running.start("web", *serve)
        running.start("worker")
        wait_until_ready(port, folder / "web.log")
        yield running
    finally:
        for name in list(running.processes):
            running.stop(name)


def wait_until_ready(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_UP_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"the service did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_ARGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab in which nothing may go wrong: an error of a script fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    tab, problems = context.new_page(), []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on(
        "console", lambda said: problems.append(said.text) if "Refused to" in said.text else None
    )
    tab.set_default_timeout(WAIT_MS)
    yield tab
    _closed(context)
    assert problems == []


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    """Opens a browser of one's own, on a telephone or at the desk, with scripts or without; no
    script may fail."""
    contexts, problems = [], []

    def opened(viewport: dict[str, int], scripts: bool = True) -> Page:
        context = chromium.new_context(viewport=viewport, java_script_enabled=scripts)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield opened
    for context in contexts:
        _closed(context)
    assert problems == []


def _closed(context: BrowserContext) -> None:
    """A request that a story holds back or changes may be on its way when the story ends."""
    context.unroute_all(behavior="ignoreErrors")
    for page in context.pages:
        page.unroute_all(behavior="ignoreErrors")
    context.close()


@pytest.fixture
def as_somebody(centre: Served, tab: Tab) -> SignIn:
    """Signs a person in at a browser of their own and goes on to a page."""

    def sign_in(role: str, path: str, username: str | None = None, scripts: bool = True) -> Page:
        page = tab(TELEPHONE if role == "clinician" else DESK, scripts)
        page.goto(f"{centre.base_url}/sign-in?next={path}")
        types_in(page, centre.world.account(role, username))
        page.wait_for_url(f"{centre.base_url}{path}")
        return page

    return sign_in


def types_in(page: Page, username: str) -> None:
    """At the page that asks who they are."""
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
