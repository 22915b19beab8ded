"""Every command of the line by keyboard, in the words of either language, and what it says then."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, SignIn
from tests.browser.keyboard import press
from tests.browser.test_call_flows import look
from tests.stories.test_calls import add
from tests.typical_calls import CALM
from triage.domain import desk_commands as language
from triage.storage.calls import Call

MEDICAL = {"problem_type": "medical", "consciousness": "alert", "breathing": "normal"}
TOLD = {
    "a": ("is assigned as clinician", "asignado como clínico"),
    "radio": ("Medic 12 is assigned", "Medic 12 asignado"),
    "yes": ("accepts by radio", "acepta por radio"),
    "no": ("declines by radio", "rechaza por radio"),
    "eta": ("arrives in 12 min", "llega en 12 min"),
    "go": ("on the way", "en camino"),
    "near": ("waits near", "espera cerca"),
    "there": ("on scene", "en la escena"),
    "ok": ("all is well", "todo bien"),
    "move": ("transporting", "trasladando"),
    "clear": ("cleared", "terminó"),
    "rang": ("No call-back of this call is due", "No toca devolver ninguna llamada"),
    "send": ("is to be dispatched in CAD now", "CAD"),
    "again": ("asked", "consulta"),
    "cad": ("is handed over to Medic 12", "Medic 12"),
    "drop": ("anceled", "ancel"),
    "end": ("closed", "cerrada"),
}
"""What each says that it has done."""
REASONS = {"drop": ("unsafe", "no es seguro"), "end": ("linked", "conectada")}
PLACES = {"past": "/past-calls", "board": "/board", "help": "/commands", "new": "/intake"}
"""Where each leads, last to a page whose first field has the focus."""


@dataclass
class Line:
    """The command line of a dispatcher who reads English, 0, or Spanish, 1."""

    page: Page
    reads: int
    used: set[str] = field(default_factory=set)

    def type(self, verb: str, rest: str = "") -> None:
        known = next(one for one in language.VERBS if one.word == verb)
        self.used.add(verb)
        self.page.keyboard.press("/")
        expect(self.page.locator("#command")).to_be_focused()
        self.page.keyboard.type(f"{(known.word, known.spanish)[self.reads]} {rest}".strip())
        self.page.keyboard.press("Enter")

    def says(self, verb: str, call: Call, rest: str = "") -> None:
        rest = REASONS[verb][self.reads] if verb in REASONS else rest
        self.type(verb, f"{call.code.lower()} {rest}".strip())
        expect(self.page.locator("[data-said]")).to_contain_text(TOLD[verb][self.reads])
        self.page.keyboard.press("Escape")

    def goes(self, verb: str, where: str, rest: str = "") -> None:
        self.page.wait_for_load_state()
        self.type(verb, rest)
        self.page.wait_for_url(f"**{where}")


@pytest.mark.parametrize("tongue", ["en", "es"])
def test_every_command_does_what_its_button_does_and_says_so(
    centre: Served, as_somebody: SignIn, tongue: str
) -> None:
    world, zone = centre.world, {"en": "Harbor", "es": "Northgate"}[tongue]
    for one in (1, 2):
        world.team(f"{zone} {one}", zones=[zone])
    desk = as_somebody("dispatcher", "/board", f"line-{tongue}")
    if tongue == "es":
        press(desk, "Español")
    expect(desk.locator("html")).to_have_attribute("lang", tongue)
    line = Line(desk, ["en", "es"].index(tongue))

    driven = a_call(centre, zone)
    line.says("no", driven)
    line.says("yes", driven, f"{zone} 2")
    line.says("eta", driven, "12")
    for verb in ("go", "near", "there", "ok", "move", "clear", "rang", "end"):
        line.says(verb, driven)
    named = a_call(centre, zone)
    line.says("a", named, f"{zone} 1")
    line.says("drop", named)
    armed = a_call(centre, zone)
    line.says("radio", armed, "Medic 12")
    add(world, armed, weapon="in_hand")
    line.says("send", armed)
    nobodys = a_call(centre, zone)
    world.wait(minutes=30)
    line.says("again", nobodys)
    medical = world.call(MEDICAL)
    line.says("cad", medical, "Medic 12 26-1177")

    line.goes("o", f"/calls/{medical.reference}", medical.code)
    for verb, where in PLACES.items():
        line.goes(verb, where)
    assert line.used == {verb.word for verb in language.VERBS}
    look(desk, f"commands-{tongue}")


def a_call(centre: Served, zone: str) -> Call:
    call = centre.world.call(CALM, zone=zone)
    centre.world.settle()
    return call
