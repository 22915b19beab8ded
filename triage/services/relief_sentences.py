"""What a timeline says of teams that are relieved, or had to leave."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.services.centre import Centre

SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "slot.relief_asked": lambda _, d: (
        f"{d['team']} ({d['role']}) asks to be relieved ({d['through']}), and stays until then."
    ),
    "slot.relief_asked_again": lambda _, d: (
        f"Everybody is asked again who could relieve {d['team']}."
    ),
    "slot.relief_off": lambda _, d: f"{d['team']} needs no relief any more ({d['through']}).",
    "slot.no_relief": lambda _, d: f"NOBODY is left who could relieve {d['team']}.",
    "slot.replaced": lambda _, d: f"{d['by']} takes over from {d['team']}, who is released.",
    "slot.withdrawn": lambda _, d: (
        f"NOT SAFE: {d['team']} ({d['role']}) had to withdraw ({d['through']});"
        " somebody else is asked."
    ),
}
