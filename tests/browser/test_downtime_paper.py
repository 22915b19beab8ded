"""The downtime pack is opened from a file by whatever browser there is, and printed."""

from pathlib import Path

from playwright.sync_api import Page

from tests.world import World
from triage.entrypoints.downtime_paper import render, write

LETTER_PX = {"width": 8.5 * 96, "height": 11 * 96}
MARGINS_PX = 2 * 9 / 25.4 * 96


def test_the_scoring_card_of_the_live_rules_is_one_page(
    page: Page, world: World, tmp_path: Path
) -> None:
    text, _ = render(world.context)
    write(text, tmp_path / "downtime.html")
    page.emulate_media(media="print")
    width = int(LETTER_PX["width"] - MARGINS_PX)
    page.set_viewport_size({"width": width, "height": 1000})

    page.goto(f"file://{tmp_path}/downtime.html")

    cards = [card.bounding_box() for card in page.locator(".card").all()]
    assert len(cards) == 2  # one in each language
    for card in cards:
        assert card is not None
        assert card["height"] <= LETTER_PX["height"] - MARGINS_PX


def test_it_is_read_on_a_telephone_too(page: Page, world: World, tmp_path: Path) -> None:
    world.team("MCT 1")
    text, _ = render(world.context)
    write(text, tmp_path / "downtime.html")
    page.set_viewport_size({"width": 320, "height": 600})

    page.goto(f"file://{tmp_path}/downtime.html")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
