"""What sentences are called in each language, for pages and for texts.

The catalogue is triage/translations/es/LC_MESSAGES/messages.po as it is edited, read once when the
program starts; nothing has to be compiled, and no web framework is needed to read it.
"""

from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from triage.domain.words import Spoken, speak

_CATALOGUES = Path(__file__).parent / "translations"


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """What is said in that language; English says the words of the code."""
    if language == "en":
        return Translations()
    with (_CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as text:
        return _Edited(read_po(text, locale=language))


class _Edited(Translations):
    """A catalogue as it was read: to be compiled it would be sorted, and read once more."""

    def __init__(self, edited: Catalog) -> None:
        super().__init__()
        known: dict[str | tuple[str, int], str] = {}
        for message in edited:
            said = message.string
            if message.fuzzy or not said:
                continue
            if isinstance(said, str):
                known[str(message.id)] = said
            elif all(said):
                known |= {(message.id[0], number): form for number, form in enumerate(said)}
        self._catalog = known


def say(it: Spoken | str, language: str) -> str:
    """A text or spoken words as somebody gets them. What was written by people stays as it is."""
    if language == "en":  # it was made in English
        return str(it)
    return str(speak(it, language, catalogue(language).gettext))
