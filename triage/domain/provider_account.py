"""What can be an account of the provider's, and what can be a sender that people can answer."""

import re
from collections.abc import Mapping
from typing import Any

_FORMS = {
    "TWILIO_ACCOUNT_SID": (
        re.compile(r"AC[0-9a-fA-F]{32}"),
        "an account SID is AC and 32 hexadecimal digits, as Twilio's console shows it",
    ),
    "TWILIO_MESSAGING_SERVICE_SID": (
        re.compile(r"MG[0-9a-fA-F]{32}"),
        "a messaging service's SID is MG and 32 hexadecimal digits, as Twilio's console shows it",
    ),
    "TWILIO_FROM": (
        re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{4,6}"),
        "write a number with its country, such as +15550100199, or a short code of 4 to 6 digits",
    ),
}


def wrong_account(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """A sentence for each setting that cannot be what it says; what is empty is not looked at."""
    return {
        name: [sentence]
        for name, (form, sentence) in _FORMS.items()
        if (written := values.get(name)) and not form.fullmatch(written)
    }
