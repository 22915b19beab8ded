"""What people, teams and partners are called: short, and each character of it can be seen.

A mark that nobody sees makes two names that look alike, and one for the direction of writing turns
around the sentence that a name stands in.
"""

from triage.domain.errors import Refused
from triage.domain.upright import MARKS
from triage.domain.words import msgid


def read_name(written: str, longest: int, wanted: str) -> str:
    """The name on one line. Raises Refused: with `wanted` where it is none, or too long a one."""
    name = " ".join(written.split())
    if not name.isprintable():
        place = next(at for at, one in enumerate(name) if not one.isprintable())
        raise Refused(_unseen(name[place], place + 1), "name")
    if not 0 < len(name) <= longest:
        raise Refused(wanted, "name")
    return name


def _unseen(character: str, place: int) -> str:
    code = f"U+{ord(character):04X}"
    if character in MARKS:
        return msgid(
            "Character %(place)s of this name is a mark for the direction of writing (%(code)s),"
            " which nobody sees. Delete it, or type the name by hand: letters such as Arabic or"
            " Hebrew ones need no mark.",
            place=place,
            code=code,
        )
    return msgid(
        "Character %(place)s of this name cannot be seen (%(code)s). Delete it, or type the name by"
        " hand instead of pasting it.",
        place=place,
        code=code,
    )
