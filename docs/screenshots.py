"""Takes the pictures of the README and of every page: `make screenshots`.

Runs the demo in a folder of its own, drives it in headless Chromium as a dispatcher, a
clinician and a supervisor would, follows every link once, and writes docs/pictures/*.png.
"""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import serving  # noqa: E402
from tests.browser.furnished import USUAL, furnish  # noqa: E402
from tests.browser.test_every_page import STRANGER, Walk, pages, to_learn_on  # noqa: E402
from tests.servers import CHROMIUM_ARGS, find_chromium  # noqa: E402
from tests.world import make_world, prepared_template  # noqa: E402
from triage.entrypoints.downtime_paper import render, write  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PAGES = PICTURES / "pages"
ROLES = ("dispatcher", "supervisor", "administrator", "clinician")
MAIN = {"board", "intake", "calls-one", "follow-ups"}
"""Pages that are shown in dark and on a narrow telephone too."""
ONE = re.compile(r"(?<=/)([0-9a-f-]{36}|[0-9a-f]{64}|\d{6}-\w{6}|county-default)(?=/|$)")
"""What a page is about, in its address."""
NOT_PAGES = re.compile(r"/(static|api|c)/|/yaml$|^/rules/(?!county-default)\w")
ASKED = """answered => {
    const fact = document.activeElement.closest('[data-fact]')?.dataset.fact;
    return answered.includes(fact) ? null : fact;
}"""
"""The question that has the focus, once it is another than those."""
TALLEST, COLORS = 1600, 48
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
OTHER_CALLS: list[dict[str, str]] = [
    {
        "location": "Pier 3, the loading ramp",
        "narrative": "A man lies on the ramp and cannot be woken.",
        "consciousness": "unconscious",
    },
    {
        "location": "12 Mill Lane, the garden",
        "narrative": "Her brother shouts at voices and threatens her.",
        "problem_type": "mental_health_crisis",
        "consciousness": "alert",
        "breathing": "normal",
        "weapon": "none_seen",
        "violence_now": "threatening",
    },
]
"""What the board shows besides the call that is followed: one for CAD, one being asked about."""


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is missing; on Debian: sudo apt-get install chromium")
        return 1
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        demo = subprocess.Popen(
            [ROOT / ".venv/bin/triage", "demo", "--folder", folder],
            env=os.environ | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            while "Stop with Ctrl-C" not in (demo.stdout.readline() if demo.stdout else ""):
                if demo.poll() is not None:
                    return 1
            kept = json.loads((Path(folder) / "demo.json").read_text())
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=list(CHROMIUM_ARGS)
                )
                take(browser, kept)
                take_the_rest(browser, take_every_page(browser, kept))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(20)
    return 0


def take(browser: Browser, kept: dict[str, Any]) -> None:
    url = kept["base_url"]
    dispatcher = signed_in(browser, kept, "dispatcher")
    take_intake(dispatcher, url)
    answer_by_text(browser, url)
    dispatcher.reload()
    time.sleep(2)
    shoot(dispatcher, "call", whole=True)
    for call in OTHER_CALLS:
        take_call(dispatcher, url, call)
    dispatcher.goto(f"{url}/board")
    time.sleep(2)
    shoot(dispatcher, "board")
    supervisor = signed_in(browser, kept, "supervisor")
    supervisor.goto(f"{url}/rules/county-default")
    supervisor.click("a:has-text('Who must come')")
    time.sleep(1.5)
    shoot(supervisor, "rules")


def take_intake(dispatcher: Page, url: str) -> None:
    """A call as it is typed, which is then sent."""
    dispatcher.goto(f"{url}/intake")
    dispatcher.fill("[name=location]", "Fifth Street Bridge, on the walkway")
    dispatcher.fill("[name=caller_phone]", "202-555-0142")
    dispatcher.fill(
        "[name=narrative]",
        "A passer-by says a woman sits on the walkway and cries. No weapon seen.",
    )
    answers = {
        "location_known": "exact",
        "problem_type": "mental_health_crisis",
        "consciousness": "alert",
        "breathing": "normal",
        "weapon": "none_seen",
        "violence_now": "none",
        "attempt_in_progress": "no",
    }
    dispatcher.keyboard.press("Alt+q")
    answered: list[str] = []
    for _ in answers:
        fact = dispatcher.wait_for_function(ASKED, arg=answered).json_value()
        answered.append(fact)
        time.sleep(0.5)  # the page takes no answer to a question that nobody can have read
        answer = dispatcher.locator(f"[name='facts.{fact}'][value='{answers[fact]}']")
        dispatcher.keyboard.press(answer.get_attribute("data-key") or "u")
    time.sleep(1.5)
    dispatcher.evaluate("window.scrollTo(0, 0)")
    shoot(dispatcher, "intake")
    dispatcher.keyboard.press("Control+Enter")
    dispatcher.wait_for_url("**/calls/**")


def answer_by_text(browser: Browser, url: str) -> None:
    """The team accepts, and its clinician opens the link in the page."""
    phone = browser.new_page(viewport={"width": 900, "height": 760})
    phone.goto(f"{url}/simulator")
    time.sleep(2)
    phone.click("a:has-text('new')")
    time.sleep(1)
    link = re.search(r"/p/\w{11}", phone.inner_text("main"))
    phone.fill("main input[name=body], main textarea[name=body]", "accept, eta 12")
    phone.keyboard.press("Enter")
    time.sleep(2.5)
    if link:
        take_telephone(browser, url + link[0])


def take_telephone(browser: Browser, link: str) -> None:
    """What a clinician sees on the telephone, behind the link of a page: on one so long that what
    stays at its edge covers nothing."""
    phone = browser.new_page(viewport={"width": 390, "height": 1436})
    phone.goto(link)
    phone.click("main form button")
    phone.wait_for_url("**/p/call/*")
    time.sleep(1)
    shoot(phone, "phone", whole=True)


def take_call(page: Page, url: str, call: dict[str, str]) -> None:
    """Another call for the board; nobody answers its page."""
    page.goto(f"{url}/intake")
    page.fill("[name=location]", call["location"])
    page.fill("[name=narrative]", call["narrative"])
    for fact, value in call.items():
        if fact not in ("location", "narrative"):
            answer = page.locator(f"[name='facts.{fact}'][value='{value}']").first
            answer.evaluate("one => one.click()")  # its question may be folded
            page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/**")


def signed_in(browser: Browser, kept: dict[str, Any], role: str) -> Page:
    user = next(user for user in kept["users"] if user["role"] == role)
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(f"{kept['base_url']}/sign-in")
    page.fill("[name=username]", user["name"])
    page.fill("[name=password]", user["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)
    return page


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    keep(whole_of(page) if whole else page.screenshot(), PICTURES / f"{name}.png")


def whole_of(page: Page) -> bytes:
    """To its end, where a page scrolls above a button too."""
    page.evaluate("document.body.style.height = 'auto'")
    return page.screenshot(full_page=True)


def keep(taken: bytes, file: Path) -> None:
    """In few colours, and no longer than anybody looks: the repository stays small."""
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)


def take_every_page(browser: Browser, kept: dict[str, Any]) -> set[str]:
    """Each kind of page that a link leads to, as the first role that may open it. Their names."""
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.png"):
        old.unlink()
    stranger = browser.new_page(viewport=WIDE)
    stranger.goto(f"{kept['base_url']}/sign-in")
    take_one(stranger, "sign-in")
    taken: set[str] = set()
    for role in ROLES:
        page, waiting, seen = (
            signed_in(browser, kept, role),
            ["/", "/styleguide", "/sign-out"],
            set(),
        )
        while waiting:
            path = waiting.pop(0)
            name = name_of(path)
            if name in seen:
                continue
            seen.add(name)
            answer = page.goto(kept["base_url"] + path)
            if answer is None or not answer.ok:
                continue
            name = name_of(urlsplit(page.url).path)
            if name not in taken:
                taken.add(name)
                take_one(page, name)
            links = page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.pathname)")
            waiting += [link for link in dict.fromkeys(links) if not NOT_PAGES.search(link)]
        page.context.close()
    return taken


def take_the_rest(browser: Browser, taken: set[str]) -> None:
    """What no link of a quiet morning leads to: a draft, an approval, a visit, training; and
    what others see: a call as its clinician, the link of a page, an error, paper."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'triage.sqlite'}"
        prepared_template(url)
        with make_world(url, Path(folder)) as world:
            furnished = furnish(world, USUAL, Path(folder))
            with serving(world, url, Path(folder)) as served:
                walk = Walk(browser, served.base_url)
                for roles, paths in pages(world, furnished).values():
                    with walk.tab(roles[0]) as tab:
                        for path in paths:
                            own = path.format(draft=furnished.drafts.get(roles[0], ""))
                            take_unless_taken(tab, served.base_url + own, taken)
                with walk.tab("clinician") as tab:
                    tab.goto(served.base_url + furnished.paths["call.show"][0])
                    take_one(tab, "calls-one-clinician")
                    tab.goto(f"{served.base_url}/no-such-page")
                    take_one(tab, "error")
                with walk.tab(STRANGER) as tab:
                    tab.set_viewport_size(NARROW)
                    tab.goto(served.base_url + furnished.link)
                    take_one(tab, "page-link")
                    tab.set_viewport_size(WIDE)
                    write(render(world.context)[0], Path(folder) / "downtime.html")
                    tab.goto(f"file://{folder}/downtime.html")
                    take_one(tab, "downtime")
                to_learn_on(served)
                with walk.tab("dispatcher") as tab:
                    for path in ("/training", "/training/brother"):
                        take_unless_taken(tab, served.base_url + path, taken)
                    tab.goto(f"{served.base_url}/training")
                    tab.click("a[href^='/training/brother/']")
                    take_unless_taken(tab, tab.url, taken)


def take_unless_taken(tab: Page, url: str, taken: set[str]) -> None:
    tab.set_viewport_size(WIDE)
    tab.goto(url)
    if (name := name_of(urlsplit(tab.url).path)) not in taken:
        taken.add(name)
        take_one(tab, name)


def name_of(path: str) -> str:
    return ONE.sub("one", path).strip("/").replace("/", "-")


def take_one(page: Page, name: str) -> None:
    page.wait_for_timeout(300)
    keep(whole_of(page), PAGES / f"{name}.png")
    if name not in MAIN:
        return
    page.emulate_media(color_scheme="dark")
    keep(whole_of(page), PAGES / f"{name}-dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    keep(whole_of(page), PAGES / f"{name}-320.png")
    page.set_viewport_size(WIDE)


if __name__ == "__main__":
    sys.exit(main())
