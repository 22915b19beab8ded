"""Call-back numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.errors import Refused
from triage.domain.phone_numbers import e164, extension


@pytest.mark.parametrize(
    "typed",
    [
        "555 010 0199",
        "(555) 010-0199",
        "1-555-010-0199",
        "+1 (555) 010-0199 x12",
        "5550100199 ext. 44",
        "５５５ ０１０ ０１９９",
        "٥٥٥٠١٠٠١٩٩",
        "tel:+15550100199",
        "\u202d+15550100199\u202c",
        " 555.010.0199 ",
    ],
)
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    assert e164(typed, "US") == "+15550100199"


def test_another_country_needs_its_plus() -> None:
    assert e164("+44 20 7946 0018", "US") == "+442079460018"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("911", "911 cannot be rung back"),
        ("988", "988 cannot be rung back"),
        ("12345", "cannot be rung back"),
        ("+1 911", "too few digits"),
        ("010-0199", "lacks its area code"),
        ("", "digits only"),
        ("   ", "digits only"),
        ("\0", "digits only"),
        ("unknown", "digits only"),
        ("555-CALL-NOW", "digits only"),
        ("1-800-FLOWERS", "digits only"),
        ("1" * 30, "not a telephone number"),
        ("+999 12345678", "not a telephone number"),
    ],
)
def test_what_cannot_be_rung_back_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        e164(typed, "US")

    assert refused.value.field == "phone"


def test_an_extension_can_be_kept_as_a_note() -> None:
    assert extension("+1 (555) 010-0199 x12", "US") == "12"
    assert extension("555 010 0199", "US") is None


@given(st.text(max_size=60))
def test_any_text_gives_a_number_or_a_sentence(typed: str) -> None:
    try:
        number = e164(typed, "US")
    except Refused:
        return
    assert e164(number, "US") == number
