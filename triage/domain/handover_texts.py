"""Standard texts for whoever takes a call or a person over: written in the settings, filled with
what the call says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BLANK = re.compile(r"\{(\w+)\}")
BLANKS = (
    "reference",
    "code",
    "received",
    "place",
    "zone",
    "caller",
    "person",
    "what",
    "response",
    "level",
    "who",
    "dangers",
)
"""What a text may leave open, each in braces."""


@dataclass(frozen=True)
class HandoverText:
    """name -- who gets it, such as "Hospital"; text -- with blanks such as {place}."""

    name: str
    text: str

    @property
    def unknown(self) -> Sequence[str]:
        """Blanks that nothing fills."""
        return [one for one in _BLANK.findall(self.text) if one not in BLANKS]

    def filled(self, said: Mapping[str, str], missing: str) -> str:
        """missing -- what stands where the call says nothing: a blank is never left out."""
        return _BLANK.sub(lambda blank: said.get(blank[1]) or missing, self.text)
