"""Every page of the service in a real browser, for whoever may open it: readable by everybody, in
both themes and languages, on a narrow telephone too; and what people typed shows as text.

The pages are taken from the URL map: one that is new and not walked fails. `make test-pages` walks
every page as each role in each language; without it each page is walked once, by roles and
languages that take turns.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.as_typed import VALUES, not_as_typed
from tests.browser.conftest import Served, wait_until_ready
from tests.browser.furnished import HOSTILE, RULES, USUAL, Furnished, furnish
from tests.servers import missing
from tests.stories.test_training import SCRIPTS, take
from tests.world import PASSWORD, World
from triage.adapters.training_calls import read_training_calls
from triage.entrypoints.downtime_paper import render, write
from triage.entrypoints.web.access import roles_of

AXE = Path(__file__).parents[2] / "assets" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EVERYTHING = bool(os.environ.get("EVERY_PAGE"))
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 320, "height": 640}
STRANGER = "*"
LANGUAGES = ("en", "es")
OTHER = dict(zip(LANGUAGES, reversed(LANGUAGES), strict=True))

BY_EVERYBODY = {"call.show", "follow_ups.follow_up"}
"""Each role sees another page there."""
NOT_PAGES = {
    "a file": {"static", "rules.download", "api.document"},
    "for programs": {
        "api.read_call",
        "health.livez",
        "health.metrics",
        "health.pagingz",
        "health.readyz",
        "simulator_network.messages",
    },
    "a part of a page that is walked": {
        "banners.banners",
        "board.rows",
        "board_map.drawn",
        "call.live",
        "command_bar.offers",
        "events.board_events",
        "events.map_events",
        "intake.form_token",
        "own_calls.live",
        "page_link.live",
        "simulator.live",
    },
    "opened with a link that is used up: walked by itself": {"page_link.look", "page_link.call"},
    "there in training alone: walked by itself": {
        "training.calls",
        "training.caller",
        "training.compared",
    },
}
"""What the URL map answers a GET with that is not walked as a page, by why."""


@dataclass
class Walk:
    """Through the pages of one service, as one person after the other."""

    chromium: Browser
    base_url: str
    wrong: list[str] = field(default_factory=list)
    as_text: set[str] = field(default_factory=set)
    """Paths of pages that show what was typed as it was typed."""
    in_fields: set[str] = field(default_factory=set)
    """Likewise, in fields."""
    here: str = ""
    """The page that is looked at, for what is told of it."""
    refused: bool = False
    """It is to say that it may not be seen: browsers call that an error."""

    @contextmanager
    def tab(self, role: str, language: str = "en") -> Iterator[Page]:
        context = self.chromium.new_context(locale=language, color_scheme="light")
        context.add_init_script(AXE.read_text())
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda it: self._said(it.text) if it.type == "error" else None)
        context.on("weberror", lambda it: self.tell(str(it.error)))
        context.on("dialog", lambda it: self.tell(f"a dialog: {it.message}"))
        tab = context.new_page()
        if role != STRANGER:
            tab.goto(f"{self.base_url}/sign-in")
            tab.fill("[name=username]", f"test-{role}")
            tab.fill("[name=password]", PASSWORD)
            tab.keyboard.press("Enter")
            tab.wait_for_url(lambda url: "/sign-in" not in url)
        if tab.evaluate("document.documentElement.lang") == OTHER[language]:
            tab.click(f"button[name=language][value={language}]")
        yield tab
        context.close()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.base_url, "data:", "blob:")):
            self.tell(f"asks {url}")

    def _said(self, text: str) -> None:
        if not (self.refused and "Failed to load" in text):
            self.tell(text)

    def tell(self, problem: str) -> None:
        self.wrong.append(f"{self.here}: {problem}")

    def open(self, tab: Page, path: str, refused: bool = False) -> None:
        self.refused = refused
        tab.set_viewport_size(WIDE)
        tab.emulate_media(color_scheme="light")
        answer = tab.goto(self.base_url + path)
        assert answer is not None
        if answer.ok is refused:
            self.tell(f"status {answer.status}")
        self.look(tab)

    def look(self, tab: Page) -> None:
        """Light on a wide screen, and dark on a narrow telephone with all that folds unfolded."""
        self.ask_axe(tab, "light, 1440 px")
        if EVERYTHING:
            tab.evaluate(UNFOLDED)
            tab.emulate_media(color_scheme="dark")
            self.ask_axe(tab, "dark, 1440 px")
            tab.emulate_media(color_scheme="light")
            tab.set_viewport_size(NARROW)
            self.ask_axe(tab, "light, 320 px")
        tab.set_viewport_size(NARROW)
        tab.emulate_media(color_scheme="dark")
        if (width := tab.evaluate(WIDTH)) > NARROW["width"]:
            self.tell(f"{width} px wide; too far right: {tab.evaluate(TOO_WIDE)}")
        if tab.evaluate(HEAD) > NARROW["height"] * 0.35:
            self.tell("the head fills a narrow screen")
        tab.evaluate(UNFOLDED)
        if (width := tab.evaluate(WIDTH)) > NARROW["width"]:
            self.tell(f"unfolded {width} px wide; too far right: {tab.evaluate(TOO_WIDE)}")
        self.ask_axe(tab, "dark, 320 px")
        for found in not_as_typed(tab):
            self.tell(found)
        path = urlsplit(tab.url).path
        if "{{7*7}}" in tab.inner_text("body"):
            self.as_text.add(path)
        if any("{{7*7}}" in value for value in tab.evaluate(VALUES)):
            self.in_fields.add(path)

    def ask_axe(self, tab: Page, how: str) -> None:
        found = tab.evaluate(AXE_RUN, WCAG)
        for it in found["violations"]:
            nodes = [f"{n['target']} {n['html'][:160]}" for n in it["nodes"][:3]]
            self.tell(f"{how}: {it['id']}, {it['help']}: {nodes}")


AXE_RUN = """tags => axe.run(document,
    {runOnly: tags, resultTypes: ['violations'], preload: false, elementRef: false})"""
WIDTH = """Math.max(
    ...[...document.querySelectorAll('html, .page')].map((one) => one.scrollWidth))"""
UNFOLDED = "for (const one of document.querySelectorAll('details')) one.open = true"
HEAD = "document.querySelector('header.top')?.offsetHeight ?? 0"
TOO_WIDE = """[...document.querySelectorAll('main *, header *')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest('.table-box, pre'))
    .slice(0, 4).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def axe() -> None:
    if not AXE.exists():
        missing("axe is not installed: delete triage/static/built and run make assets")


@pytest.fixture(params=["hostile", "usual"] if EVERYTHING else ["hostile"])
def furnished(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Furnished:
    return furnish(world, HOSTILE if request.param == "hostile" else USUAL, tmp_path)


def pages(world: World, furnished: Furnished) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Paths and roles by endpoint, of everything that answers a GET and is a page."""
    left_out = set().union(*NOT_PAGES.values())
    found = {}
    for rule in world.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in left_out:
            continue
        paths = furnished.paths.get(rule.endpoint) or (() if rule.arguments else (rule.rule,))
        assert paths, f"{rule.rule} is not walked: say in furnished.py where there is one"
        found[rule.endpoint] = (sorted(roles_of(world.app, rule.endpoint)), paths)
    return found


ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def visits(world: World, furnished: Furnished) -> dict[tuple[str, str], list[str]]:
    """The paths that each person walks, by role and language."""
    turns, found = count(), defaultdict(list)
    for endpoint, (roles, paths) in pages(world, furnished).items():
        for path in paths:
            turn = next(turns)
            whose = (LANGUAGES[turn % 2], roles[turn // 2 % len(roles)])
            for language, role in product(LANGUAGES, roles):
                everybody = EVERYTHING or (endpoint in BY_EVERYBODY and language == whose[0])
                if everybody or (language, role) == whose:
                    found[role, language].append(path)
    return found


@ONE_DATABASE
def test_every_page_is_read_by_everybody_and_shows_what_was_typed_as_text(
    axe: None, world: World, furnished: Furnished, served: Served, chromium: Browser
) -> None:
    walk = Walk(chromium, served.base_url)
    for (role, language), paths in visits(world, furnished).items():
        with walk.tab(role, language) as tab:
            for path in paths:
                walk.here = f"{path} as {role} in {language}"
                own = path.format(draft=furnished.drafts.get(role, ""))
                walk.open(tab, own, (role, path) in furnished.refused)
            walk.here = f"no page as {role} in {language}"
            walk.open(tab, "/no-such-page", refused=True)
    answers_to_forms(walk, furnished)
    with walk.tab(STRANGER, "en") as tab:
        walk.here = "the link of a page in en"
        walk.open(tab, furnished.link)
    with walk.tab(STRANGER, "es") as tab:
        walk.here = "the link of a page in es"
        walk.open(tab, furnished.link)
        tab.click("main form button")
        tab.wait_for_url("**/p/call/*")
        walk.here = "the call behind the link"
        walk.open(tab, urlsplit(tab.url).path)
    if HOSTILE.text in furnished.typed.text:
        shown = furnished.paths["call.show"][:1] + furnished.paths["follow_ups.follow_up"]
        assert walk.as_text >= {*shown, "/board", "/hazards", "/switches", "/teams", "/simulator"}
        forms = {f"/intake/{key}" for key in furnished.drafts.values()}
        assert shown[0] in walk.in_fields
        assert forms & walk.in_fields
    assert walk.wrong == [], "\n".join(walk.wrong)


SENT = """([selector, fields]) => {
    const form = document.querySelector(selector);
    for (const [name, value] of Object.entries(fields)) {
        for (const one of form.querySelectorAll(`[name="${name}"]`)) one.remove();
        form.append(Object.assign(document.createElement('textarea'), {name, value, hidden: true}));
    }
    form.submit();
}"""
"""A form with these fields, whatever the browser would say of them."""


def answers_to_forms(walk: Walk, furnished: Furnished) -> None:
    """Pages that only a form leads to: what is to be mended, what changed meanwhile, what failed,
    each with what was typed."""
    call, said = furnished.paths["call.show"][0], furnished.typed.said("Nobody there")
    late = {"version": "0", "outcome": "done", "note": said}
    forms = {
        "dispatcher": [
            (call, f"form[action='{call}/close']", {"note": said}),
            (call, f"form[action='{call}/close']", {"note": said, "csrf_token": ""}),
            ("/intake", "#intake", {"action": "close", "narrative": said}),
            (furnished.paths["follow_ups.follow_up"][0], "form[action$=attempts]", late),
        ],
        "supervisor": [(f"/rules/{RULES}/draft", "#draft-form", {"yaml": said, "version": "0"})],
    }
    for role, sent in forms.items():
        with walk.tab(role) as tab:
            walk.refused = True
            for path, selector, fields in sent:
                walk.here = f"{path} with {selector} as {role}"
                tab.goto(walk.base_url + path)
                with tab.expect_navigation():
                    tab.evaluate(SENT, [selector, fields])
                walk.look(tab)


@ONE_DATABASE
def test_the_paper_shows_what_was_typed_as_text(page: Page, world: World, tmp_path: Path) -> None:
    furnish(world, HOSTILE, tmp_path)
    world.ignores_texts("whom they reach is not what this is about")
    text, _ = render(world.context)
    write(text, tmp_path / "downtime.html")
    page.set_viewport_size(NARROW)
    page.goto(f"file://{tmp_path}/downtime.html")
    assert not_as_typed(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert "{{7*7}}" in page.inner_text("body")


def to_learn_on(served: Served) -> None:
    """The same service as one to learn on, where a dispatcher has tried one call."""
    served.stop("web")
    served.environ["TRIAGE_TRAINING"] = "true"
    served.start("web", *served.serve)
    wait_until_ready(int(served.base_url.rpartition(":")[2]), served.logs / "web.log")
    vocabulary = served.world.centre.vocabulary
    script = read_training_calls(SCRIPTS.read_text(), vocabulary)["brother"]
    served.world.account("dispatcher")
    take(served.world, script, **script.facts)


@ONE_DATABASE
def test_the_pages_to_learn_on_are_too(
    axe: None, world: World, served: Served, chromium: Browser
) -> None:
    to_learn_on(served)
    walk = Walk(chromium, served.base_url)
    for language in LANGUAGES:
        with walk.tab("dispatcher", language) as tab:
            walk.here = f"training in {language}"
            walk.open(tab, "/training")
            tried = tab.locator("a[href^='/training/brother/']").first.get_attribute("href")
            walk.open(tab, "/training/brother")
            walk.open(tab, str(tried))
    with walk.tab("dispatcher") as tab:
        walk.here = "a try, by keyboard"
        tab.goto(f"{served.base_url}/training")
        with tab.expect_popup() as answered:
            tab.locator("a[href='/training/brother']").press("Enter")
        asked = answered.value.locator("summary", has_text="What number can I call you back on?")
        asked.press("Enter")
        expect(answered.value.get_by_text("555-01").first).to_be_visible()
        tab.get_by_role("link", name="New call").last.press("Enter")
        expect(tab.get_by_role("heading", name="New call")).to_be_visible()
    assert walk.wrong == [], "\n".join(walk.wrong)
