"""What sentences are called in each language, for pages and for texts.

The catalogue is triage/translations/es/LC_MESSAGES/messages.po as it is edited, read once when the
program starts; nothing has to be compiled, and no web framework is needed to read it.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from triage.domain.words import Spoken, speak

_CATALOGUES = Path(__file__).parent / "translations"


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """What is said in that language; English says the words of the code."""
    if language == "en":
        return Translations()
    compiled = BytesIO()
    with (_CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def say(it: Spoken | str, language: str) -> str:
    """A text or spoken words as somebody gets them. What was written by people stays as it is."""
    if language == "en":  # it was made in English
        return str(it)
    return str(speak(it, language, catalogue(language).gettext))
