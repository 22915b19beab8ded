"""A text in the languages of the centre."""

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "es")


def msgid(sentence: str) -> str:
    """A sentence of the catalogue. Whoever shows it says it in the reader's language; what varies
    in it is a named argument, %(minutes)s."""
    return sentence


@dataclass(frozen=True, slots=True)
class Words:
    """The same text in several languages; English is always there."""

    by_language: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, texts: Mapping[str, str] | str) -> "Words":
        return cls((("en", texts),) if isinstance(texts, str) else tuple(texts.items()))

    def say(self, language: str = "en") -> str:
        """The text in that language, or in English."""
        for name, text in self.by_language:
            if name == language and text:
                return text
        return dict(self.by_language)["en"]

    def __str__(self) -> str:
        return self.say()
