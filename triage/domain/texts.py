"""A text message: the letters that it is written in, and how many texts the carriers make of it.

Spanish in the catalogue is written as it should be, with all its accents. A text goes out in the
letters of GSM-7, which has ñ, é, ü, ¿ and ¡ but not á, í, ó and ú: one of those would leave room
for 70 letters instead of 160, and a page would come as two texts. So they lose their accents.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.words import Spoken, Translate, speak

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("\f^{}\\[~]|€")
_GSM7_ALL = _GSM7 | _GSM7_TWICE
SEGMENT = {True: (160, 153), False: (70, 67)}
"""What one text holds alone, and as a part of several: GSM-7 septets, UCS-2 units."""
_TYPOGRAPHY = str.maketrans("‘’‚“”„–—…\u00a0", "'''\"\"\"--. ")


class Text(Spoken):
    """A sentence of the catalogue as a text: in the letters of GSM-7, whatever the language. What
    is put into it stays as it is, but for what can say itself."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> "Text":
        self = super().__new__(cls, _filled(template, values, str))
        self.template, self.values = template, values
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        said = translate(self.template)
        return _filled(said, self.values, lambda it: str(speak(it, language, translate)))


def _filled(template: str, values: Mapping[str, Any], say: Callable[[Spoken], str]) -> str:
    said = {n: gsm7(say(it)) if isinstance(it, Spoken) else it for n, it in values.items()}
    return gsm7(template) % said if said else gsm7(template)


def sms(sentence: str, **values: Any) -> Text:
    """As `msgid`, for a text: what varies in it is a named argument."""
    return Text(sentence, values)


def gsm7(text: str) -> str:
    """The text in the letters of GSM-7: one curly quote would halve what a segment holds."""
    plain = " ".join(text.translate(_TYPOGRAPHY).split())
    if _GSM7.issuperset(plain):
        return plain
    return "".join(_gsm7_sign(sign) for sign in plain)


def _gsm7_sign(sign: str) -> str:
    if sign in _GSM7:
        return sign
    bare = unicodedata.normalize("NFKD", sign)
    return "".join(s for s in bare if s in _GSM7) or ("" if unicodedata.combining(sign) else "?")


def segments(text: str) -> int:
    """How many texts the carriers make of this one."""
    gsm = _is_gsm7(text)
    alone, part = SEGMENT[gsm]
    if units(text) <= alone:
        return 1
    count, room = 1, part
    for sign in text:
        if (size := _size(sign, gsm)) > room:  # neither an escape nor a surrogate pair is split
            count, room = count + 1, part
        room -= size
    return count


def _is_gsm7(text: str) -> bool:
    return _GSM7_ALL.issuperset(text)


def units(text: str) -> int:
    if _GSM7.issuperset(text):
        return len(text)
    gsm = _is_gsm7(text)
    return sum(_size(sign, gsm) for sign in text)


def _size(sign: str, gsm: bool) -> int:
    return 1 + (sign in _GSM7_TWICE if gsm else ord(sign) > 0xFFFF)
