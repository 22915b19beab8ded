"""The downtime pack is opened from a file by whatever browser there is, and printed."""

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.world import World
from triage.domain.words import LANGUAGES
from triage.entrypoints.downtime_paper import render, write

ONLY_CARD = """language => {
    for (const sheet of document.querySelectorAll('.sheet'))
        if (!sheet.matches(`article[lang=${language}] .card`)) sheet.remove();
}"""
LEGIBLE_PX = 11 / 72 * 96
"""In poor light."""


def test_the_scoring_card_of_the_live_rules_is_legible_and_on_two_sheets(
    page: Page, world: World, tmp_path: Path
) -> None:
    text, _ = render(world.context)
    write(text, tmp_path / "downtime.html")
    for language in LANGUAGES:
        page.goto(f"file://{tmp_path}/downtime.html")
        page.evaluate(ONLY_CARD, language)

        printed = page.pdf(prefer_css_page_size=True)

        assert len(re.findall(rb"/Type /Page\b", printed)) <= 2 * 2  # sides
        line = page.locator(".card .two p").first
        size = line.evaluate("it => parseFloat(getComputedStyle(it).fontSize)")
        assert size >= LEGIBLE_PX - 0.01


def test_it_is_read_on_a_telephone_too(page: Page, world: World, tmp_path: Path) -> None:
    world.team("MCT 1")
    text, _ = render(world.context)
    write(text, tmp_path / "downtime.html")
    page.set_viewport_size({"width": 320, "height": 600})

    page.goto(f"file://{tmp_path}/downtime.html")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
