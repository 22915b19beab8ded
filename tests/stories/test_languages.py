"""Each person reads English or Spanish, wherever they sit."""

from __future__ import annotations

from tests.world import PASSWORD, World

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
    assert ">English</button>" in wrong.text
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
    assert '<main id="main" tabindex="-1" lang="en">' in board, "the board itself is not yet"
    assert world.audited("account.language_set") == 1


def test_a_language_that_we_do_not_speak_is_refused(world: World) -> None:
    desk = world.client("dispatcher")

    assert desk.submit("/board", {"language": "tlh"}, to="/language").status_code == 422
    assert world.audited("account.language_set") == 0
