"""Telephone numbers: E.164 from the first line inward."""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from triage.domain.errors import Refused
from triage.domain.words import listed, msgid

_SHORT_OF_IT = {
    ValidationResult.TOO_SHORT: msgid("This has too few digits."),
    ValidationResult.TOO_LONG: msgid("This has too many digits."),
    ValidationResult.INVALID_LENGTH: msgid("This has the wrong number of digits."),
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: msgid("This lacks its area code."),
    ValidationResult.INVALID_COUNTRY_CODE: msgid("This has a country code that does not exist."),
}

_NO_NUMBER = msgid("This is not a telephone number.")
_DIGITS_ONLY = msgid("A telephone number has digits only.")
_HOW = msgid("Type it like 555 010 0199 or +1 555 010 0199.")
_WORDS_ALLOWED = re.compile(r"(?i)\btel\b|ext(ension|n)?\b|x(?=[ .:]*\d)")


def e164(text: str, country: str) -> str:
    """The number as +15550100199, without its extension (see `extension`).

    country -- ISO 3166 code; how a number that does not begin with + is read.

    Raises Refused with a sentence for the dispatcher. A number need not be in service or
    even assigned: reading it back to the caller is what finds a wrong digit.
    """
    number = _parse(text, country)
    problem = phonenumbers.is_possible_number_with_reason(number)
    if problem != ValidationResult.IS_POSSIBLE:
        why = _SHORT_OF_IT.get(problem, _NO_NUMBER)
        raise Refused(listed(" ", (why, _HOW)), "phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def can_be_rung(number: str) -> bool:
    """Is it as `e164` makes them, or was it kept as somebody said it?"""
    try:
        return e164(number, "") == number
    except Refused:
        return False


def readable(number: str) -> str:
    """An E.164 number in groups that are easier to dial from paper: +1 202-555-0101."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def extension(text: str, country: str) -> str | None:
    """What to dial after the number, to be kept as a note: "12" of "555 010 0199 x12"."""
    return _parse(text, country).extension or None


def _parse(text: str, country: str) -> PhoneNumber:
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(sign for sign in plain if sign.isdecimal())
    # phonenumbers would read letters as the keys of a dial pad.
    if not digits or any(sign.isalpha() for sign in _WORDS_ALLOWED.sub("", plain)):
        raise Refused(listed(" ", (_DIGITS_ONLY, _HOW)), "phone")
    if not plain.startswith("+") and len(digits) <= 6:
        raise Refused(
            msgid(
                "%(digits)s cannot be rung back: short numbers reach a service, not a caller. "
                "Ask for the full number, or leave this empty.",
                digits=digits,
            ),
            "phone",
        )
    try:
        return phonenumbers.parse(plain, country)
    except NumberParseException:
        raise Refused(listed(" ", (_NO_NUMBER, _HOW)), "phone") from None
