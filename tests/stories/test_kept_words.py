"""What somebody typed is said back to them by the names that the page gave its fields."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stories.test_languages import english_in, in_spanish
from tests.world import World
from triage.entrypoints.web.kept_words import NAMES, OWN

TEMPLATES = Path(__file__).parents[2] / "triage/templates"
_FIELDS = re.compile(r'forms\.(?:field|select|radios|checks|answers)\("(\w+)"')
_OF_CALLS = re.compile(r'fields\.(?:line|select)\("\w+", "(\w+)"')
_WRITTEN = re.compile(r'(?:<input|<select|<textarea|<button)[^>]*? name="(\w+)"')


def test_every_field_of_a_form_has_a_name() -> None:
    pages = "".join(page.read_text() for page in TEMPLATES.rglob("*.html"))
    fields = {
        name.rstrip("_") for kind in (_FIELDS, _OF_CALLS, _WRITTEN) for name in kind.findall(pages)
    }

    unnamed = {name for name in fields - set(NAMES) - OWN if "password" not in name}

    assert len(fields) > 80
    assert not unnamed


def test_what_was_typed_is_said_back_in_the_readers_words(world: World) -> None:
    desk = in_spanish(world, None)
    typed = {
        "location": "12 Mill Lane",
        "narrative": "no",
        "facts.weapon": "in_hand",
        "also_by.weapon": "caller",
        "language": "es",
        "form_key": "k" * 20,
    }

    ended = desk.submit("/sign-in", typed, to="/intake")

    assert ended.status_code == 401
    kept = ended.text[ended.text.index('<details class="kept">') : ended.text.index("</details>")]
    said = re.findall("<dt>(.+?)</dt><dd[^>]*>(.+?)</dd>", kept)
    assert said == [
        ("Lugar", "12 Mill Lane"),
        ("Qué pasó", "no"),
        ("Arma", "En la mano"),
        ("Arma: quién dice otra cosa", "quien llama"),
        ("Idioma", "Español"),
    ]
    assert not english_in(ended.text)
