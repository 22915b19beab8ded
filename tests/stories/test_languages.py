"""Each person reads English or Spanish, wherever they sit."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.stories.test_calls import CALM
from tests.stories.test_intake import FORM, the_call
from tests.stories.test_page_links import link_of
from tests.test_catalogue import spanish
from tests.world import PASSWORD, Browser, World
from triage.adapters.simulator_sms import SimulatorSms
from triage.storage.calls import AssessmentRecord

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


def test_a_stranger_reads_what_the_browser_asks_for(world: World) -> None:
    browser = world.client()

    assert '<html lang="es"' in browser.get("/sign-in", headers=SPANISH).text
    assert "Contraseña" in browser.get("/sign-in", headers=SPANISH).text
    assert '<html lang="en"' in browser.get("/sign-in", headers={"Accept-Language": "fr"}).text
    assert "Password" in browser.get("/sign-in").text


def test_the_sign_in_page_can_be_changed_and_says_so_in_both(world: World) -> None:
    browser = world.client()

    browser.submit("/sign-in", {"language": "es"}, to="/language")
    wrong = browser.submit("/sign-in", {"username": "nobody", "password": "wrong"})

    assert "no abren ninguna cuenta" in wrong.text
    assert ">English <span" in wrong.text
    assert "Skip to the page" not in wrong.text


def test_whoever_is_signed_in_takes_their_language_along(world: World) -> None:
    desk = world.client("dispatcher")
    assert '<html lang="en"' in desk.get("/board", headers=SPANISH).text

    answer = desk.submit("/board", {"language": "es", "next": "/board"}, to="/language")
    assert answer.headers["Location"] == "/board"

    another_desk = world.client()
    name = world.account("dispatcher")
    another_desk.submit("/sign-in", {"username": name, "password": PASSWORD})
    board = another_desk.get("/board").text
    assert '<html lang="es"' in board
    assert "Cerrar sesión" in board
    assert "Tablero" in board
    assert world.audited("account.language_set") == 1


def test_when_the_sign_in_ends_the_page_to_sign_in_again_is_in_the_language_as_before(
    world: World,
) -> None:
    desk = in_spanish(world, "dispatcher")
    desk.get("/board")
    world.wait(days=2)
    world.ignores_texts("what falls due meanwhile is beside the point")

    english = {"Accept-Language": "en"}
    again = desk.get("/board", headers=english, follow_redirects=True)
    typed = desk.submit("/sign-in", {"location": "12 Mill Lane"}, to="/intake")

    for page in (again.text, typed.text):
        assert '<html lang="es"' in page
        assert "Contraseña" in page
    kept = desk.client.get_cookie("language")
    assert kept is not None
    assert kept.value == "es"


def test_what_a_stranger_chose_is_kept_by_who_signs_in_there(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    world.call(CALM)
    world.settle()
    mine = world.client()
    opened = mine.submit(link_of(phone), {}).location
    mine.submit(opened, {"language": "es", "next": opened}, to="/language")
    assert "Conteste, por favor" in mine.get(opened).text
    name = world.account("clinician")

    def sign_in(browser: Browser) -> str:
        browser.submit("/sign-in", {"username": name, "password": PASSWORD})
        return str(browser.get("/on-view").text)

    assert '<html lang="es"' in sign_in(mine)
    assert world.audited("account.language_set") == 1
    assert '<html lang="es"' in sign_in(world.client())

    # The other way round once the sign-in has ended; what the browser keeps of one is no other's.
    world.wait(days=2)
    world.ignores_texts("what falls due meanwhile is beside the point")
    mine.submit("/sign-in", {"language": "en"}, to="/language")
    assert '<html lang="en"' in sign_in(mine)
    spoken_before = in_spanish(world, "dispatcher")
    spoken_before.get("/board")
    spoken_before.submit("/board", {}, to="/sign-out")
    assert '<html lang="es"' in spoken_before.get("/sign-in").text
    assert '<html lang="en"' in sign_in(spoken_before)


def test_where_a_page_holds_what_was_typed_the_other_language_opens_beside_it(
    world: World,
) -> None:
    desk = world.client("supervisor")
    wrong = desk.submit("/intake/paper", {"narrative": "She walks on the bridge"})
    call = f"/calls/{world.call(CALM).reference}"
    closed = desk.submit(call, {"note": "Home"}, to=f"{call}/close")

    for page, back in ((wrong, "/intake/paper?"), (closed, "/")):
        form = page.text[page.text.index("data-language-form") :].split("</form>")[0]
        assert page.status_code == 422
        assert f'name="next" value="{back}"' in form
        assert 'formtarget="_blank" data-beside>Español <span lang="en">(new tab)' in form
    assert "data-beside" not in desk.get("/intake/paper").text


def test_a_language_that_we_do_not_speak_is_refused(world: World) -> None:
    desk = world.client("dispatcher")

    assert desk.submit("/board", {"language": "tlh"}, to="/language").status_code == 422
    assert world.audited("account.language_set") == 0


class _Reader(HTMLParser):
    """What somebody reads, or is read out, in the page's own language."""

    ALOUD = ("aria-label", "title", "placeholder", "data-label")
    EMPTY = ("meta", "link", "input", "br", "hr", "path", "circle", "rect", "image", "use", "line")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = (self._silent or [False])[-1] or given.get("lang") == "en"
        silent = silent or tag in ("script", "style", "bdi", "code", "textarea")
        if not silent:
            self.said += [str(given[name]) for name in self.ALOUD if given.get(name)]
        if tag not in self.EMPTY:
            self._silent.append(silent)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not (self._silent or [False])[-1]:
            self.said.append(data)


_NAMED, _NO_TAGS = re.compile(r"%\((\w+)\)[sd]"), re.compile(r"</?\w+>")


@cache
def _english() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every English sentence that is said otherwise in Spanish: as it stands, or whatever is put
    into it."""
    plain, filled = set(), []
    for message in spanish():
        singular, *plural = (message.id,) if isinstance(message.id, str) else message.id
        for english in (singular, *plural):
            if not english or english == message.string:
                continue
            if not _NAMED.search(english):
                plain.add(english)
            elif len(re.sub(r"\W", "", _NAMED.sub("", english))) > 3:
                parts = _NAMED.split(_NO_TAGS.sub("", english))[::2]
                filled.append(re.compile(".+".join(map(re.escape, parts))))
    return plain, filled


def english_in(page: str) -> list[str]:
    """What a page says in English although the catalogue knows it in Spanish."""
    reader = _Reader()
    reader.feed(page)
    plain, filled = _english()
    said = {" ".join(text.split()) for text in reader.said}
    return sorted(
        text for text in said if text in plain or any(one.fullmatch(text) for one in filled)
    )


def in_spanish(world: World, role: str | None) -> Browser:
    browser = world.client(role)
    browser.submit("/account/password" if role else "/sign-in", {"language": "es"}, to="/language")
    return browser


def _deeper(browser: Browser, pages: list[str]) -> list[str]:
    """One page of each kind to which these lead."""
    found: dict[str, str] = {}
    for path in pages:
        for link in re.findall(
            r'href="(/(?:teams|people|members|follow-ups)/[^"#?]+)"', browser.get(path).text
        ):
            found.setdefault(re.sub(r"[0-9a-f]{8}-[0-9a-f-]+", "", link), link)
    return list(found.values())


EVERYBODYS = ["/", "/account/safety", "/account/password", "/nowhere"]
PAGES = {
    "clinician": ["/my-calls", "/on-view", "/follow-ups", "/follow-ups?mine", "/shifts"],
    "dispatcher": [
        "/board",
        "/intake",
        "/alarms",
        "/map",
        "/watch",
        "/commands",
        "/field-request",
        "/intake/paper",
        "/hazards",
        "/follow-ups",
        "/teams",
        "/teams/tests",
        "/escalation",
        "/switches",
    ],
    "supervisor": [
        "/hazards",
        "/follow-ups",
        "/teams",
        "/teams/new",
        "/partners/new",
        "/teams/tests",
        "/switches",
        "/escalation",
        "/escalation/edit",
        "/rules",
        "/rules/county-default",
        "/rules/county-default/try",
        "/rules/county-default/draft",
        "/rules/county-default/versions",
    ],
    "administrator": ["/people", "/people/new", "/teams"],
}
FORMS = {
    "clinician": ["/my-calls", "/on-view", "/account/password"],
    "dispatcher": ["/field-request", "/intake/paper", "/hazards"],
    "supervisor": ["/teams/new", "/partners/new", "/switches", "/escalation/edit"],
    "administrator": ["/people/new"],
}
"""Sent empty, they say beside their fields what is missing."""


def test_whoever_reads_spanish_is_told_nothing_in_english_that_can_be_said_in_spanish(
    world: World,
) -> None:
    (phone,) = world.team("Mobile 9", zones=["Northgate"], skills=["es"])
    world.partner("Harbor House", "crisis_line")
    call = world.call(CALM, location="12 Mill Lane", zone="Northgate", narrative="He is calm.")
    world.settle()
    left = {}

    def look(role: str | None, browser: Browser, path: str, answer: Any) -> None:
        if found := english_in(answer.text):
            left[role, path] = found

    for role, pages in PAGES.items():
        browser = in_spanish(world, role)
        for path in [*EVERYBODYS, *pages, *_deeper(browser, pages)]:
            look(role, browser, path, browser.get(path))
        for path in FORMS[role]:
            look(role, browser, f"POST {path}", browser.submit(path, {}))

    by_link = in_spanish(world, None)
    link = link_of(phone)
    look(None, by_link, link, by_link.get(link))
    opened = by_link.submit(link, {}).location
    look(None, by_link, opened, by_link.get(opened))
    for action in ("accept-10", "en_route", "on_scene", "relieve", "cleared"):
        answer = by_link.submit(opened, {"action": action}, to=f"{opened}/mine", follow=True)
        look(None, by_link, action, answer)

    assert call.code
    assert not left
    phone.expect("no relief found yet")


def test_the_invented_telephones_are_told_of_in_spanish(world: World, tmp_path: Path) -> None:
    world.context = replace(world.context, phone=SimulatorSms(tmp_path / "phones.sqlite"))
    (phone,) = world.team("Mobile 9")
    world.call(CALM)
    world.settle()
    visitor = in_spanish(world, None)
    opened = f"/simulator?phone=%2B{phone.number[1:]}"

    pages = [visitor.get(path).text for path in ("/simulator", opened)]
    empty = visitor.submit(opened, {"phone": phone.number, "body": ""}, to="/simulator/texts")

    assert "Teléfonos simulados" in pages[0]
    assert "Primero escriba el mensaje." in empty.text
    assert not [left for page in (*pages, empty.text) if (left := english_in(page))]


def left_in_english(page: str) -> list[str]:
    """The same of a page that is not marked as English as a whole."""
    assert '<main id="main" tabindex="-1">' in page
    return english_in(page)


def test_a_spanish_speaking_dispatcher_takes_a_call_to_its_end(world: World) -> None:
    world.ignores_texts("what is texted is a story of its own")
    world.team("Mobile 1")
    desk = in_spanish(world, "dispatcher")
    assert not left_in_english(desk.get("/board").text)
    intake = desk.get("/intake").text
    assert not left_in_english(intake)
    key = re.search(r'name="form_key" value="([^"]+)"', intake)
    form = {
        **FORM,
        "language": "es",
        "caller_relation": "family",
        "form_key": key[1] if key else "",
    }

    odd = {**form, "caller_phone": "12", "zone": "Atlantis"}
    wrong = desk.submit("/intake", {**odd, "action": "send"})
    assert "los números cortos son de un servicio" in wrong.text
    assert '<a href="#f-zone">Zona</a>: ' in wrong.text
    assert not left_in_english(wrong.text)
    undone = desk.submit("/intake", {**form, "action": "undo"}).text
    assert "Deshecho:" in undone
    assert not left_in_english(undone)

    taken = desk.submit("/intake", {**form, "action": "send"}, follow=True)
    page = f"/calls/{the_call(world).reference}"
    assert "tomada; su código es" in taken.text
    assert not left_in_english(taken.text)
    assert not left_in_english(desk.get("/board").text)
    world.settle()

    code = the_call(world).code
    for command, answer in (
        (f"yes {code}", "Mobile 1 acepta por radio."),
        (f"eta {code} 12", "Mobile 1 llega en 12 min."),
        (f"there {code}", "Mobile 1 en la escena."),
        (f"end {code} shelter", "primero debe terminar. No se cambió nada."),
        (f"clear {code}", "Mobile 1 terminó."),
    ):
        told = desk.submit(page, {"command": command, "next": page}, to="/command", follow=True)
        assert answer in told.text
        assert not left_in_english(told.text)

    form = {"disposition": "shelter", "note": ""}
    closed = desk.submit(page, form, to=f"{page}/close", follow=True).text
    assert "Llevada a un refugio" in closed
    assert "Llamada cerrada: Llevada a un refugio." in closed
    assert not left_in_english(closed)
    for path in ("/board", "/board/map", "/watch", "/alarms", "/commands"):
        assert not left_in_english(desk.get(path).text), path


def consequences(page: str) -> set[tuple[str, str]]:
    """What stands beside open questions: the language that it is marked as, and what it says."""
    return set(re.findall(r'class="consequence" id="[^"]+" lang="(\w+)">([^<]+)<', page))


def test_what_a_question_could_change_is_said_in_its_readers_language(world: World) -> None:
    desk = in_spanish(world, "dispatcher")
    call = world.call({"weapon": "none_seen"}, narrative="She has a knife in the kitchen.")
    page, said = f"/calls/{call.reference}", set(desk.get("/intake").text.split("\n"))
    assert any('class="consequence"' in line and "Pasa a" in line for line in said)

    of_call = consequences(desk.get(page).text)
    in_english = consequences(world.client("supervisor").get(page).text)
    trial = desk.submit("/rules/county-default/try", {"facts.weapon": "none_seen"}).text

    assert {language for language, _ in of_call} == {"es"}
    assert {language for language, _ in in_english} == {"en"}
    assert len(of_call) == len(in_english) > 3
    assert any("Pasa a" in text and " si " in text for _, text in of_call)
    assert any(
        re.search(r"<li>[A-ZÁÉÍÓÚ][^<_]+: <span lang=.es.>[^<]+ si ", line)
        for line in trial.split("\n")
    )
    assert "Afterwards(" not in trial


def test_a_kept_decision_that_cannot_be_worked_out_again_stays_readable(world: World) -> None:
    call = world.call({"weapon": "none_seen"})
    with world.context.unit_of_work("operator") as uow:
        record = uow.session.scalars(select(AssessmentRecord)).one()
        record.result = (record.result or "").replace("Goes to Ambu", "Went to Ambu")

    page = in_spanish(world, "dispatcher").get(f"/calls/{call.reference}").text

    assert {"en", "es"} == {language for language, _ in consequences(page)}
    assert "Went to Ambulance" in page
