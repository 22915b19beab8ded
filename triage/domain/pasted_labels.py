"""Where the labels of a pasted text stand, and which field each names.

A label begins a line or stands apart from what is before it. Behind another label of its line one
space will do (`Caller: MARY O'NEIL Phone: 2025550111`), but not in what people tell.
"""

import re

_LABELS = {
    "external_id": "cad(?: (?:no|number|id|incident))?"
    "|(?:incident|event|case|inc)(?: (?:no|number|id))?",
    "caller_phone": "(?:call ?-?back|caller|phone|telephone|ani|cbn|tn)(?: (?:phone|number|no))?"
    "|tel|phone|ph|p|rp|r/p|reporting (?:party|person)|complainant",
    "caller_name": "caller(?:'s)? name|customer(?: name)?|subscriber|name",
    "location": "(?:incident )?(?:address|location)|addr|loc|place",
    "community": "community|comm|city|municipality|msag|town",
    "latitude": "latitude|lat|y",
    "longitude": "longitude|long|lon|lng|x",
    "language": "language|lang",
    "subject_name": "patient(?: name)?|subject(?: name)?",
    "narrative": "narrative|remarks?|comments?|notes?|details?|description"
    "|problem|nature|complaint",
    "service": "class of service|service class|class|cos|srv",
    "esn": "esn|esz",
}
_LABEL = re.compile(
    r"(?:^|(?<=  )|(?<=[\t|;])|(?P<close>(?<=\S )(?-i:(?=[A-Z]))))[ ]*(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS.items())
    + r")[ ]?(?:#[ ]*:?|[:=])[ ]*",
    re.IGNORECASE | re.MULTILINE,
)
_OTHERS = (
    r"\b(?:alt|alternate|billing|business|carrier|cell|company|contact|cross|daughter|dispatch"
    r"|doctor|emergency|father|fax|first|home|kin|last|mailing|mobile|mother|neighbou?r|officer"
    r"|other|patient|police|previous|prior|provider|psap|second|secondary|son|subject|suspect|work)"
    r"(?:'?s)? "
)
_OF_ANOTHER = re.compile(_OTHERS + r"\Z", re.IGNORECASE)
"""Before a word with one space: `Fax Phone:` is another label, which we do not know."""
ENDS_A_NAME = re.compile(r" +(?=" + _OTHERS + r"[a-z]{2,12}(?: no| number)? ?[:=#])", re.IGNORECASE)
"""Such a label of one line with a person's name or number: it is no part of them."""


def labels(text: str) -> list[re.Match[str]]:
    """The labels, in their order; `lastgroup` of each is its field."""
    kept: list[re.Match[str]] = []
    for label in _LABEL.finditer(text):
        if label["close"] is None or (kept and _goes_on(text, kept[-1], label)):
            kept.append(label)
    return kept


def _goes_on(text: str, before: re.Match[str], label: re.Match[str]) -> bool:
    between = text[before.end() : label.start()]
    told = before.lastgroup == "narrative" or "\n" in between
    return not (told or _OF_ANOTHER.search(between))
