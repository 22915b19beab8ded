"""A text in the languages of the centre."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("en", "es")

Translate = Callable[[str], str]
"""The catalogue of a language: what it says for an English sentence."""


class Spoken(str):
    """English that can say itself in another language. A page shows it in its reader's (speak)."""

    @abstractmethod
    def spoken(self, language: str, translate: Translate) -> str:
        """What it says in that language."""


class Sentence(Spoken):
    """A sentence of the catalogue, with what varies in it."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any] | None = None) -> "Sentence":
        self = super().__new__(cls, template % values if values else template)
        self.template, self.values = template, values or {}
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        said = translate(self.template) if self.template else ""
        if not self.values:
            return said
        return said % {name: speak(it, language, translate) for name, it in self.values.items()}


class Listed(Spoken):
    """Several things in one line."""

    between: str
    parts: tuple[Any, ...]

    def __new__(cls, between: str, parts: Iterable[Any]) -> "Listed":
        kept = tuple(parts)
        self = super().__new__(cls, between.join(map(str, kept)))
        self.between, self.parts = between, kept
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        parts = (str(speak(part, language, translate)) for part in self.parts)
        return str(speak(self.between, language, translate)).join(parts)


class Cased(Spoken):
    """The same beginning with another letter."""

    of: str
    change: Callable[[str], str]

    def __new__(cls, of: str, change: Callable[[str], str]) -> "Cased":
        self = super().__new__(cls, change(of))
        self.of, self.change = of, change
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        return self.change(str(speak(self.of, language, translate)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


class Written(Spoken):
    """A sentence of a rule set. Those of the shipped sets are in the catalogue; what a supervisor
    has written since is said as it was written."""

    def spoken(self, language: str, translate: Translate) -> str:
        return translate(str(self)) if self else ""


def msgid(sentence: str, **values: Any) -> Sentence:
    """A sentence of the catalogue. Whoever shows it says it in the reader's language; what varies
    in it is a named argument, %(minutes)s."""
    return Sentence(sentence, values)


def of_rules(text: str) -> str:
    """What a rule set says, in the reader's language where the catalogue has it."""
    return text if isinstance(text, Spoken) else Written(text)


def listed(between: str, parts: Iterable[Any]) -> Listed:
    """As `between.join(parts)`, in the reader's language."""
    return Listed(between, parts)


def begun(it: str) -> str:
    """The same with a capital, to begin a sentence."""
    return Cased(it, _capital)


def inside(it: str) -> str:
    """The same with a small letter, to stand inside a sentence."""
    return Cased(it, _small)


def speak(it: Any, language: str, translate: Translate) -> Any:
    """What a reader of that language is shown of it: only what can say itself is changed."""
    if isinstance(it, Spoken):
        return it.spoken(language, translate)
    return it.say(language) if isinstance(it, Words) else it


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


class Named(Spoken):
    """A name from the vocabulary, such as a response's."""

    words: Words

    def __new__(cls, words: Words) -> "Named":
        self = super().__new__(cls, words.say())
        self.words = words
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        return self.words.say(language)
