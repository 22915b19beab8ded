"""What a timeline says of teams that are relieved, or had to leave."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.role_words import role_name
from triage.domain.state_words import through_name
from triage.domain.words import msgid
from triage.services.centre import Centre

SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "slot.relief_asked": lambda _, d: msgid(
        "%(team)s (%(role)s) asks to be relieved (%(through)s), and stays until then.",
        team=d["team"],
        role=role_name(d["role"]),
        through=through_name(d["through"]),
    ),
    "slot.relief_asked_again": lambda _, d: msgid(
        "The teams are asked again who could relieve %(team)s.", team=d["team"]
    ),
    "slot.relief_off": lambda _, d: msgid(
        "%(team)s needs no relief any more (%(through)s).",
        team=d["team"],
        through=through_name(d["through"]),
    ),
    "slot.no_relief": lambda _, d: msgid(
        "NOBODY is left who could relieve %(team)s.", team=d["team"]
    ),
    "slot.replaced": lambda _, d: msgid(
        "%(by)s takes over from %(team)s, who is released.", by=d["by"], team=d["team"]
    ),
    "slot.withdrawn": lambda _, d: msgid(
        "NOT SAFE: %(team)s (%(role)s) had to withdraw (%(through)s); somebody else is asked.",
        team=d["team"],
        role=role_name(d["role"]),
        through=through_name(d["through"]),
    ),
}
