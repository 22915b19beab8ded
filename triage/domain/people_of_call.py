"""Who has to do with a call: whoever rings, the person it is about (they may be one), and somebody
else who is with them or can help."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from triage.domain.facts import Fact
from triage.domain.words import msgid

RELATIONS = {
    "self": msgid("The person themselves"),
    "family": msgid("Family or household"),
    "friend": msgid("Friend"),
    "bystander": msgid("Bystander or neighbor"),
    "staff": msgid("Staff of a school, shelter or home"),
    "care": msgid("Health or care worker"),
    "officer": msgid("Officer"),
    "other": msgid("Somebody else"),
}
"""What the caller is to the person in crisis."""
_LAST = "other"
THIRD_PARTIES = {
    **{code: words for code, words in RELATIONS.items() if code not in {"self", _LAST}},
    "key": msgid("Has the key: landlord or caretaker"),
    _LAST: RELATIONS[_LAST],
}
"""What a third party is to the person in crisis, or why they matter."""
_AS_ANSWER = {
    "self": "subject_self",
    "family": "family_household",
    "friend": "friend",
    "bystander": "bystander",
    "care": "health_or_care_professional",
    "officer": "police",
}
"""The same as the question `caller_role` is answered, where it has such an answer."""

LANGUAGES = {
    "en": msgid("English"),
    "es": msgid("Spanish"),
    "asl": msgid("American Sign Language"),
    "ar": msgid("Arabic"),
    "fr": msgid("French"),
    "ht": msgid("Haitian Creole"),
    "ko": msgid("Korean"),
    "pt": msgid("Portuguese"),
    "ru": msgid("Russian"),
    "so": msgid("Somali"),
    "tl": msgid("Tagalog"),
    "vi": msgid("Vietnamese"),
    "zh": msgid("Chinese"),
}

CALL_BACK = {
    "ring": msgid("Ring"),
    "text": msgid("Text"),
    "message": msgid("Leave a message"),
    "never": msgid("Do not contact"),
}
"""How whoever rang may safely be contacted."""

_SAFE = {"ring": "safe_to_call", "text": "safe_to_text", "message": "safe_to_leave_message"}
SAFE_WAYS = tuple(_SAFE.values())
"""The questions that ask for each way of calling back; follow-ups keep to their answers."""

ROLE_FACT, AGE_FACT, LANGUAGE_FACT = "caller_role", "age_band", "language_barrier"

_THEMSELVES = frozenset({"subject_self", "is_subject"})
_WITH_THEM = _THEMSELVES | {"with_person"}
_ELSEWHERE = frozenset(
    {"nearby_can_see", "remote", "neighbour", "crisis_line", "other_centre", "hospital"}
)
"""Answers to who rings and to where they are."""


def is_about_the_caller(said: Set[str]) -> bool:
    """Does any report say so? Then none to the contrary makes it safe to read reasons out."""
    return not said.isdisjoint(_THEMSELVES)


def is_where_they_go(said: Set[str]) -> bool | None:
    """Is the caller where whoever comes goes to? A report that they are there counts first; None
    where nobody has said."""
    if said & _WITH_THEM:
        return True
    return False if said & _ELSEWHERE else None


@dataclass(frozen=True)
class Subject:
    """The person in crisis, as far as somebody told."""

    name: str | None = None
    about: str | None = None
    """How to recognise them."""
    age: str | None = None
    """As the question `age_band` is answered."""
    language: str | None = None
    interpreter: bool = False

    @property
    def is_known(self) -> bool:
        told = (self.name, self.about, self.age, self.language)
        return any(told) or self.interpreter


@dataclass(frozen=True)
class ThirdParty:
    """Neither the caller nor the person in crisis: a mother who sits with them, whoever was sent
    for help, whoever can open the door."""

    name: str | None = None
    phone: str | None = None
    relation: str | None = None
    """A code of THIRD_PARTIES."""
    with_them: bool | None = None
    """Are they with the person now? None where nobody asked."""

    @property
    def is_known(self) -> bool:
        return any((self.name, self.phone, self.relation)) or self.with_them is not None


@dataclass(frozen=True)
class People:
    """What was said of the caller beside name and number, of the person in crisis, and of one
    other."""

    relation: str | None = None
    interpreter: bool = False
    """The caller needs one."""
    call_back: tuple[str, ...] = ()
    """Codes of CALL_BACK; none where nobody asked."""
    subject: Subject = field(default_factory=Subject)
    third_party: ThirdParty = field(default_factory=ThirdParty)


def implied(facts: Mapping[str, Fact], people: People) -> dict[str, str]:
    """The answers that lie in what was said of the people, where the vocabulary knows them."""
    needs = people.interpreter or people.subject.interpreter
    said = {
        ROLE_FACT: _AS_ANSWER.get(people.relation or ""),
        AGE_FACT: people.subject.age,
        LANGUAGE_FACT: "interpreter_needed" if needs else None,
    }
    if "never" in people.call_back:
        said |= dict.fromkeys(_SAFE.values(), "no")
    else:
        said |= {_SAFE[way]: "yes" for way in people.call_back if way in _SAFE}
    return {
        fact: value
        for fact, value in said.items()
        if value and fact in facts and value in facts[fact].by_value
    }
