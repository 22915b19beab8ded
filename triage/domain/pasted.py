"""Text pasted from an ALI screen or another CAD: what of it belongs into which field.

Nothing is guessed away: what is taken and what is left are together the text, sign for sign, and
a person confirms each field. Three layouts are known: `label: value`, the plain lines of ALI, and
the JSON of an EIDO with its PIDF-LO.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from triage.domain import pasted_labels, pasted_phones
from triage.domain.people_of_call import LANGUAGES
from triage.domain.words import msgid

LONGEST = 20_000
"""Signs of a pasted text that are looked at; the rest of a longer one is left as it is."""

FIELDS = {
    "external_id": msgid("CAD number"),
    "caller_phone": msgid("Call-back number"),
    "caller_name": msgid("Caller's name"),
    "location": msgid("Place"),
    "position": msgid("Position"),
    "language": msgid("Caller's language"),
    "subject_name": msgid("Person in crisis"),
    "narrative": msgid("Narrative"),
    "service": msgid("Class of service"),
    "esn": msgid("ESN"),
}
"""What can be found, in the order of the form. The last two have no field: they are notes."""
NOTES = ("service", "esn")

_FITS = {"external_id": 64, "caller_phone": 60, "caller_name": 200, "location": 500, "esn": 20}
_TOWERS = {"WRLS", "WPH1", "WPH2", "WIRELESS", "MOBL", "PHASE1", "PHASE2"}
"""Classes of service whose address is a cell tower's; in phase 2 the position is the caller's."""
_CLASSES = r"RESD|BUSN|RES|BUS|WPH1|WPH2|WRLS|WIRELESS|VOIP|VNOM|COIN|CNTX|PBXB|PBXR|MOBL|TLMA|VMBL"

_OF_PEOPLE = {"caller_name", "caller_phone", "subject_name"}
_OTHER_LABEL = re.compile(r"[ \t]{2,}(?=[A-Za-z][\w .#/-]{0,30}[:=])")
_BEYOND = re.compile(r"(?<=\w)[ ]*[|;\t]")
"""Where something else begins behind a number."""
_BARE_ESN = re.compile(r"\b(?:ESN|ESZ)[ ]+(\d{2,5})\b", re.IGNORECASE)
_PHONE = re.compile(r"^[ ]*(\(?\d{3}\)?[ .-]?\d{3}[.-]\d{4})\b", re.MULTILINE)
_CLASS = re.compile(rf"\b({_CLASSES})\b")
_HOUSE = re.compile(r"[ ]*(\d+[A-Z]?(?:[ ]+\d/\d)?)[ ]*")
_TOWN = re.compile(r"[ ]*([A-Za-z][A-Za-z .'-]{1,40}?)[ ]+([A-Z]{2})[ ]*")
_WHO = re.compile(r"caller|rp|r/p|reporting|complainant", re.IGNORECASE)
"""Labels behind which a name stands beside the number."""
_OF_ANOTHER = re.compile(
    r"[.] |\b(?:about|cell|daughter|fax|neighbor|of|patient|refused|son|subject)\b", re.IGNORECASE
)
_KINDS = {"cell", "mobile", "home", "work", "landline"}
"""Words behind a number that are no name."""
_UNIT = re.compile(r"[ ]*((?:APT|UNIT|STE|FLR?|RM|BLDG|LOT)\b[^\n]{0,40})", re.IGNORECASE)
_NAME = re.compile(r"[ ]*([A-Za-z][A-Za-z .,&'-]{1,60})")
_DEGREES = {"latitude": 90, "longitude": 180}
_BARE_DEGREES = {
    name: re.compile(rf"\b(?:{words})[ ]*[:=]?[ ]*([+-]?\d{{1,3}}\.\d+)\b", re.IGNORECASE)
    for name, words in (("latitude", "latitude|lat"), ("longitude", "longitude|long|lon|lng"))
}
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d+)?")

_TEL = re.compile(r'"(?:tel|sip):(\+?[\d().-]{7,20})[@"]')
_POINT = re.compile(r"pos>\s*([+-]?\d{1,2}\.\d+)[ ,]+([+-]?\d{1,3}\.\d+)\s*<")
_INCIDENT = re.compile(
    r'"incidentTrackingIdentifier[A-Za-z]*"\s*:\s*"([^"]{1,64})"|uid:incidentid:([\w.-]{1,64})'
)
_PERSON = re.compile(r'"[\w:]*(?:FullName|personNameText)"\s*:\s*"([^"\\]{1,120})"')
_CIVIC = re.compile(r"<(?:\w+:)?(HNO|PRD|RD|STS|UNIT|A3|A1)>([^<]{1,60})<")


@dataclass(frozen=True)
class Found:
    """Something that belongs into a field."""

    field: str
    value: str
    doubt: str = ""
    """Why it may be wrong."""


@dataclass
class Pasted:
    """A text as it was understood."""

    text: str
    is_data: bool = False
    """It is JSON: what is left of it is nothing to read out."""
    values: dict[str, list[str]] = field(default_factory=dict)
    taken: list[tuple[int, int]] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)
    """Why what was found for a field may be wrong."""

    def take(self, name: str, value: str, start: int, end: int) -> bool:
        """Note a value and the part of the text that it comes from; False where that is taken."""
        value = " ".join(value.split()) if name != "narrative" else value.strip()
        overlaps = any(start < stop and begin < end for begin, stop in self.taken)
        several = name in {"address", "narrative"}
        if not value or overlaps or (name in self.values and not several):
            return False
        if len(value) > _FITS.get(name, LONGEST):
            return False
        self.values.setdefault(name, []).append(value)
        self.taken.append((start, end))
        return True

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """The whole text in pieces, each with whether it was taken."""
        at = 0
        for start, end in sorted(self.taken):
            yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        yield self.text[at:], False

    @property
    def rest(self) -> str:
        """What was not taken, every sign of it."""
        return "".join(piece for piece, taken in self.parts if not taken)

    @property
    def words(self) -> str:
        """The rest as somebody reads it: without the lines that are empty now."""
        lines = (line.strip() for line in self.rest.splitlines())
        return "\n".join(line for line in lines if line)

    @property
    def found(self) -> list[Found]:
        """What there is for each field of the form."""
        joined = {name: "\n".join(values) for name, values in self.values.items()}
        if place := _place(self.values):
            joined["location"] = place
        if "latitude" in joined and "longitude" in joined:
            joined["position"] = f"{joined['latitude']}, {joined['longitude']}"
        tower = joined.get("service", "").upper().replace(" ", "") in _TOWERS
        doubt = dict(self.doubts)
        if tower:
            doubt["location"] = msgid("Wireless: this may be the cell tower.")
        return [Found(name, joined[name], doubt.get(name, "")) for name in FIELDS if name in joined]


def _place(values: Mapping[str, list[str]]) -> str:
    named = [*values.get("location", ()), *values.get("address", ()), *values.get("community", ())]
    place = ", ".join(named)
    return place if len(place) <= _FITS["location"] else ""


def read(text: str) -> Pasted:
    """Find what is known in a pasted text. Never raises."""
    looked_at = text[:LONGEST]
    pasted = Pasted(text, is_data=looked_at.lstrip()[:1] in {"{", "["})
    if pasted.is_data:
        _read_data(looked_at, pasted)
    else:
        _read_labels(looked_at, pasted)
        _read_degrees(looked_at, pasted)
        _read_phone(looked_at, pasted)
        _read_ali(looked_at, pasted)
    return pasted


def _read_labels(text: str, pasted: Pasted) -> None:
    labels = pasted_labels.labels(text)
    starts = [*(label.start() for label in labels[1:]), len(text)]
    for label, following in zip(labels, starts, strict=False):
        line_end = text.find("\n", label.end())
        end = min(following, len(text) if line_end < 0 else line_end)
        name = label.lastgroup or ""
        end = _before_what_is_not_its(name, text, label.end(), end)
        value = text[label.end() : end].strip(" \t\r|;")
        if name == "caller_phone" and pasted_phones.is_of_nobody(value):
            continue
        if name == "caller_phone" and _take_who(text, pasted, label, end):
            continue
        told_of = pasted_phones.NUMBER.search(value)
        if name == "caller_phone" and _WHO.search(label[0]) and told_of and told_of.start():
            continue  # a sentence with somebody's number in it
        if name == "caller_phone" and sum(map(str.isdigit, value)) < 7:
            name = "caller_name"  # "Caller: Ana"
        if name == "language":
            value = _language(value)
        if name not in _DEGREES or _is_degrees(name, value):
            pasted.take(name, value, label.start(), end)


def _before_what_is_not_its(name: str, text: str, start: int, end: int) -> int:
    """Where a value ends that has a label behind it which we do not know, or a sentence."""
    ends = [] if name == "narrative" else [_OTHER_LABEL]
    ends += [pasted_labels.ENDS_A_NAME] if name in _OF_PEOPLE else []
    ends += [_BEYOND] if name == "external_id" else []
    found = (pattern.search(text, start, end) for pattern in ends)
    return min((one.start() for one in found if one), default=end)


def _take_who(text: str, pasted: Pasted, label: re.Match[str], end: int) -> bool:
    """`RP: Ana Diaz 202-555-0142`, in either order: both, or neither."""
    number = pasted_phones.NUMBER.search(text, label.end(), end)
    if number is None or not _WHO.search(label[0]):
        return False
    before, after = text[label.end() : number.start()], text[number.end() : end]
    before, after = (part.strip(" \t\r|;,/()-") for part in (before, after))
    who = before or after
    if (before and after) or not _NAME.fullmatch(who) or who.lower() in _KINDS:
        return False
    if _OF_ANOTHER.search(who):
        return False
    first = number.start() if before else number.end()
    spans = (label.start(), first), (first, number.end() if before else end)
    pasted.take("caller_name", who, *spans[0 if before else 1])
    if pasted_phones.named(text) is None:
        pasted.take("caller_phone", number[0], *spans[1 if before else 0])
    return True


def _read_phone(text: str, pasted: Pasted) -> None:
    """A number that is called the call-back number; on an ALI screen one that begins its line, or
    the only one there. Any other is offered in doubt, and is left where it stands as well."""
    if "caller_phone" in pasted.values:
        return
    is_ali = _is_ali(text, pasted)
    begins = _PHONE.search(text) if is_ali else None
    if span := pasted_phones.named(text) or (begins and begins.span(1)):
        pasted.take("caller_phone", text[slice(*span)], *span)
        return
    numbers = pasted_phones.unnamed(text, pasted.taken)
    if not numbers:
        return
    number = text[slice(*numbers[0])]
    before = text[text.rfind("\n", 0, numbers[0][0]) + 1 : numbers[0][0]]
    if is_ali and len(numbers) == 1 and not pasted_phones.tells_of_others(before):
        pasted.take("caller_phone", number, *numbers[0])
    else:
        pasted.values["caller_phone"] = [number]
        pasted.doubts["caller_phone"] = msgid("Nothing says that this is the caller's.")


def _read_degrees(text: str, pasted: Pasted) -> None:
    """`LAT 40.69 LON -75.30`, on one line and with or without colons: both of them, or neither."""
    found = {name: pattern.search(text) for name, pattern in _BARE_DEGREES.items()}
    pair = {name: one for name, one in found.items() if one and _is_degrees(name, one[1])}
    if len(pair) == len(found):
        for name, one in pair.items():
            pasted.take(name, one[1], *one.span())


def _is_degrees(name: str, value: str) -> bool:
    return bool(_NUMBER.fullmatch(value)) and abs(float(value)) <= _DEGREES[name]


def _language(value: str) -> str:
    """The code of a language that we know by its name; "" leaves the text as it is."""
    wanted = value.strip().lower()
    return next((c for c, name in LANGUAGES.items() if wanted in {c, name.lower()}), "")


def _is_ali(text: str, pasted: Pasted) -> bool:
    """Does anything say that these are the lines of an ALI screen?"""
    known = _CLASS.search(text) or _BARE_ESN.search(text)
    return bool(known) or not pasted.values.keys().isdisjoint({"esn", "latitude"})


def _read_ali(text: str, pasted: Pasted) -> None:
    """The lines of an ALI screen, which have no labels: class, name, address, town."""
    if not _is_ali(text, pasted):
        return
    for esn in _BARE_ESN.finditer(text):
        pasted.take("esn", esn[1], *esn.span())
    if (known := _CLASS.search(text)) is not None:
        pasted.take("service", known[1], *known.span(1))
    phone = _PHONE.search(text)
    _read_ali_lines(text, pasted, start=phone.end() if phone else 0)


def _read_ali_lines(text: str, pasted: Pasted, start: int) -> None:
    house, at = False, text.find("\n", start) + 1 or len(text)
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = pasted_phones.without_number(text[at:end].rstrip("\r"))
        stop = at + len(line)
        if house and line.strip():
            if pasted.take("address", line, at, stop):
                street = pasted.values["address"].pop()
                pasted.values["address"][-1] += f" {street}"
            house = False
        elif number := _HOUSE.match(line):
            taken = _take_address(pasted, line, at, stop)
            house = taken and not line[number.end() :].strip()
        elif "address" in pasted.values and (_UNIT.fullmatch(line) or _TOWN.fullmatch(line)):
            name = "address" if _UNIT.fullmatch(line) else "community"
            pasted.take(name, line, at, stop)
        elif "address" not in pasted.values and _NAME.fullmatch(line):
            pasted.take("caller_name", line, at, stop)
        at = end + 1


def _take_address(pasted: Pasted, line: str, start: int, end: int) -> bool:
    """A line that begins with a house number, unless it is a time, a date or a telephone number."""
    if not re.match(r"[ ]*\d+[A-Z]?(?:[ ]|$)", line) or _PHONE.match(line):
        return False
    if "address" in pasted.values or "location" in pasted.values:
        return False
    return pasted.take("address", line, start, end)


def _read_data(text: str, pasted: Pasted) -> None:
    """An EIDO, by the names that its parts have; the JSON may be broken."""
    for name, pattern in (("caller_phone", _TEL), ("caller_name", _PERSON)):
        if match := pattern.search(text):
            pasted.take(name, match[1], *match.span(1))
    if incident := _INCIDENT.search(text):
        group = 1 if incident[1] else 2
        pasted.take("external_id", incident[group], *incident.span(group))
    if point := _POINT.search(text):
        pasted.take("latitude", point[1], *point.span(1))
        pasted.take("longitude", point[2], *point.span(2))
    civic: dict[str, re.Match[str]] = {}
    for part in _CIVIC.finditer(text):
        if part[1] in civic:
            break  # another address begins
        civic[part[1]] = part
    street = [civic[name] for name in ("HNO", "PRD", "RD", "STS", "UNIT") if name in civic]
    if street:
        words = " ".join(one[2].strip() for one in street)
        if pasted.take("address", words, *street[0].span(2)):
            pasted.taken += [one.span(2) for one in street[1:]]
    town = [civic[name] for name in ("A3", "A1") if name in civic]
    if town and pasted.take("community", " ".join(t[2].strip() for t in town), *town[0].span(2)):
        pasted.taken += [one.span(2) for one in town[1:]]
