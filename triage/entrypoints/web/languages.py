"""English and Spanish from one catalogue, and which of them a page speaks.

Whoever is signed in reads their own language, kept with their account; a stranger reads the one
that they chose on this browser, or that was read here last, or the one that the browser asks for.
A template says `{{ _("Sign in") }}`, Python in entrypoints `gettext("You are signed out.")`. The
layers below know nothing of it: they mark their words with `msgid` (domain/words.py), and a
template that shows one says it in the page's language by itself (`spoken`).

The catalogue is the one that texts are said from (triage/catalogue.py). A template whose words are
all in it empties the block `english_yet` of base.html; in the others a screen reader is told that
the page goes on in English.
"""

from collections.abc import Mapping
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext

from triage.catalogue import catalogue
from triage.domain.words import LANGUAGES, Spoken, Words, Written, msgid, of_rules, speak
from triage.entrypoints.web.access import person_or_none

COOKIE = "language"
NAMES = {"en": "English", "es": "Español"}
"""As those say it who speak it."""
_SPOKEN_OF = {"en": msgid("English"), "es": msgid("Spanish")}
"""As the page says it."""
ROLE_WORDS = (
    msgid("dispatcher"),
    msgid("clinician"),
    msgid("supervisor"),
    msgid("administrator"),
)
"""The page's head says them."""
_SAY_THEMSELVES = (Spoken, Words)


class _Catalogue(Domain):  # type: ignore[misc, unused-ignore]
    """Translations from the text that is edited: nothing has to be compiled before."""

    def get_translations(self) -> NullTranslations:
        return catalogue(language())


def furnish(app: Flask) -> None:
    babel = Babel(app, locale_selector=_chosen)
    babel.domain_instance = _Catalogue()
    for each in LANGUAGES:  # a broken catalogue is told of at the start
        catalogue(each)
    app.jinja_env.finalize = spoken
    app.jinja_env.filters.update(spoken=spoken, of_rules=of_rules)
    app.jinja_env.globals.update(
        lang_of=lang_of,
        language=language,
        language_names=_SPOKEN_OF,
        other_language=other_language,
        sound_words=sound_words,
        theme_words=theme_words,
    )


def language() -> str:
    """The code of the language that this page speaks."""
    told: str | None = g.get("language")  # kept: a board asks hundreds of times
    if told is None:
        told = g.language = str(get_locale() or "en")
    return told


def spoken(it: Any) -> Any:
    """What this page shows of it: a sentence or name in its reader's language, else the same."""
    if not isinstance(it, _SAY_THEMSELVES):
        return it
    told = language()
    if told == "en" and isinstance(it, str):  # it was made in English
        return it
    return speak(it, told, catalogue(told).gettext)


def all_spoken(told: Mapping[str, str]) -> dict[str, str]:
    """The same, for a program of the page."""
    return {name: spoken(sentence) for name, sentence in told.items()}


def lang_of(text: object) -> str:
    """The language that it is read in: what cannot say itself in another is English, as are a
    rule's words that the catalogue does not have."""
    if isinstance(text, Written):
        return language() if spoken(text) != text else "en"
    return language() if isinstance(text, _SAY_THEMSELVES) else "en"


def other_language() -> tuple[str, str]:
    """Code and own name of the one to change to."""
    other = "es" if language() == "en" else "en"
    return other, NAMES[other]


def theme_words() -> dict[str, tuple[str, str]]:
    """What the button for the colours says, and what it offers, under each of them."""
    return {
        "auto": (gettext("Colors: auto"), gettext("Change to dark")),
        "dark": (gettext("Colors: dark"), gettext("Change to light")),
        "light": (gettext("Colors: light"), gettext("Change to auto")),
    }


def sound_words() -> dict[str, tuple[str, str]]:
    """The same for sound."""
    return {
        "on": (gettext("Sound: on"), gettext("Turn it off")),
        "off": (gettext("Sound: off"), gettext("Turn it on")),
        "waits": (
            gettext("Sound: press a key"),
            gettext("This browser plays no sound on a page before a key or a click there"),
        ),
    }


def _chosen() -> str:
    if not has_request_context():
        return "en"
    if person := person_or_none():
        return person.language
    if (kept := request.cookies.get(COOKIE)) in LANGUAGES:
        return kept
    return request.accept_languages.best_match(list(LANGUAGES), default="en")
