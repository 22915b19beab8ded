"""Reading a vocabulary file."""

import re
from dataclasses import replace
from hashlib import sha256
from typing import cast

from triage.adapters.condition_reading import ConditionReader
from triage.adapters.node_reading import Fields, Notebook
from triage.adapters.nodes import MappingNode, Node, TextNode
from triage.adapters.strict_yaml import Document
from triage.domain.answer_reading import CODE_LENGTH
from triage.domain.at_odds import Pair
from triage.domain.call_reading import FROM_NOW, WEEKDAYS
from triage.domain.conditions import ALWAYS, Condition
from triage.domain.errors import RuleFileError
from triage.domain.facts import (
    UNKNOWN_KEY,
    Ask,
    Fact,
    FactType,
    FactValue,
    ReachedBy,
    ReadBy,
    Response,
    Vocabulary,
)
from triage.domain.ruleset import ASK_MORE
from triage.domain.terms import MOST_TERMS, TooManyAlternatives, terms_of
from triage.domain.words import LANGUAGES, Words

LONGEST_CODE = 200
HEALTH_GROUPS = ("medical", "suicide", "mental_state")
"""Facts of these groups tell of somebody's health, whatever is answered."""
_KEY = re.compile(r"[0-9a-z]")
TYPES = ("yes_no", "choice", "multi", "number", "code")
EQUITY_FIELDS = frozenset(
    {
        "race_ethnicity",
        "gender",
        "preferred_language",
        "disability_or_deaf",
        "area_deprivation_index",
        "lgbtq",
        "insurance_or_tribal_status",
    }
)
"""Kept for the equity audit alone; declaring one would let a rule read it."""
_READ_BY = {
    "cognitive_condition": "raising",
    "contacts_last_30_days": "plan_and_also",
    "diagnosis": "plan_and_also",
}
_YES_NO = (
    FactValue("yes", "1", Words((("en", "Yes"), ("es", "Sí")))),
    FactValue("no", "2", Words((("en", "No"), ("es", "No")))),
)
_FACT_KEYS = (
    *(
        "group",
        "type",
        "ask",
        "order",
        "name",
        "question",
        "yes_no",
        "values",
        "danger",
        "ask_when",
        "ask_first",
    ),
    *("in_texts", "min", "max", "unit", "max_length", "read_by"),
)
_OPTIONAL = ("about", "partners", "seldom_both")
_RESPONSE_KEYS = ("about", "roles", "comes", "dress", "armed", "public_safety", "availability_fact")


def read_vocabulary(text: str, document: Document, notebook: Notebook) -> Vocabulary:
    """The vocabulary. Raises RuleFileError with all findings."""
    if not document.whole:  # facts refer to one another: of half of them little is certain
        raise RuleFileError(notebook.by_place())
    reader = _VocabularyReader(notebook)
    vocabulary = reader.read(document.root)
    if notebook.has_errors or vocabulary is None:
        raise RuleFileError(notebook.by_place())
    return replace(vocabulary, sha256=sha256(text.encode()).hexdigest())


class _VocabularyReader:
    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def read(self, root: Node) -> Vocabulary | None:
        needed = ("version", "title", "groups", "facts", "responses")
        fields = self._notebook.fields(root, "a vocabulary", needed, _OPTIONAL)
        if fields is None:
            return None
        groups = self._names(fields, "groups")
        facts = self._facts(fields.get("facts"), groups)
        responses = self._responses(fields.get("responses"), facts)
        return Vocabulary(
            version=fields.text("version"),
            title=fields.text("title"),
            about=fields.text("about"),
            groups=groups,
            facts=facts,
            responses=responses,
            partners=self._names(fields, "partners"),
            seldom_both=self._pairs(fields.get("seldom_both"), facts),
        )

    def _pairs(self, node: Node | None, facts: dict[str, Fact]) -> tuple[Pair, ...]:
        if node is None:
            return ()
        asked = {name: fact for name, fact in facts.items() if fact.values and fact.ask != "never"}
        items = self._notebook.items(node, "seldom_both")
        return tuple(self._pair(self._entries(one, "a pair"), one, asked) for one in items)

    def _pair(
        self, entries: tuple[tuple[TextNode, Node], ...], node: Node, asked: dict[str, Fact]
    ) -> Pair:
        if entries and len(entries) != 2:
            self._notebook.error(node, f"a pair has two questions, not {len(entries)}")
        pair = {}
        for key, value in entries:
            if name := self._notebook.one_of(key, "a question of a pair", asked):
                names = self._notebook.known_names(value, name, asked[name].value_names)
                pair[name] = frozenset(names)
        return pair

    def _names(self, fields: Fields, key: str) -> tuple[str, ...]:
        node = fields.get(key)
        texts = self._notebook.texts(node, key) if node else ()
        return tuple(dict.fromkeys(self._notebook.name(text, key) for text in texts))

    def _facts(self, node: Node | None, groups: tuple[str, ...]) -> dict[str, Fact]:
        facts: dict[str, Fact] = {}
        conditions: dict[tuple[str, str], Node] = {}
        for key, value in self._entries(node, "facts"):
            name = self._notebook.name(key, "a fact")
            if name in EQUITY_FIELDS:
                self._notebook.error(key, f"{name} is for the equity audit: no rule may read it")
            fields = self._notebook.fields(value, name or "a fact", ("type", "ask"), _FACT_KEYS)
            if fields is None or not name:
                continue
            facts[name] = self._fact(name, fields, groups)
            for asking in ("ask_when", "ask_first"):
                if (condition := fields.get(asking)) is not None:
                    conditions[name, asking] = condition
        reader = ConditionReader(self._notebook, facts)
        read = {place: self._asking(reader, place, node) for place, node in conditions.items()}
        return {
            name: replace(
                fact, ask_when=read.get((name, "ask_when")), ask_first=read.get((name, "ask_first"))
            )
            for name, fact in facts.items()
        }

    def _asking(
        self, reader: ConditionReader, place: tuple[str, str], node: Node
    ) -> Condition | None:
        """When a question is put; `place` is its name and the key. Decided as rules are."""
        condition = reader.read(node)
        try:
            terms_of(condition or ALWAYS)
        except TooManyAlternatives:
            message = f"{place[1]} of {place[0]}: more than {MOST_TERMS} ways to be true"
            self._notebook.error(node, message, "fewer parts in it")
        return condition

    def _entries(self, node: Node | None, what: str) -> tuple[tuple[TextNode, Node], ...]:
        if isinstance(node, MappingNode) and node.keys:
            return tuple(node.entries)
        if node is not None:
            self._notebook.error(node, f"{what} is a mapping of names")
        return ()

    def _fact(self, name: str, fields: Fields, groups: tuple[str, ...]) -> Fact:
        ask = fields.one_of("ask", ("gate", "when_it_matters", "never"))
        kind = fields.one_of("type", TYPES)
        values = self._values(kind, fields)
        first, third = self._questions(fields, ask)
        self._check_derived(name, kind, values, fields)
        self._check_texts(name, kind, fields)
        return Fact(
            name=name,
            group=fields.one_of("group", groups) if groups else "",
            type=cast("FactType", kind),
            ask=cast("Ask", ask),
            order=fields.integer("order", 0, 100_000) or 0,
            first=first,
            third=third,
            yes_no=fields.words("yes_no"),
            values=values,
            danger=self._danger(fields, values),
            low=self._bound(fields, "min"),
            high=self._bound(fields, "max"),
            unit=fields.text("unit"),
            longest=fields.integer("max_length", 1, LONGEST_CODE) or CODE_LENGTH,
            in_texts=fields.flag("in_texts"),
            read_by=cast("ReadBy", self._read_by(name, fields)),
            noun=fields.words("name"),
        )

    def _bound(self, fields: Fields, key: str) -> float | None:
        node = fields.get(key)
        return None if node is None else self._notebook.number(node, key)

    def _read_by(self, name: str, fields: Fields) -> str:
        stated = fields.one_of("read_by", ("any", "raising", "plan_and_also"), "any")
        return _READ_BY.get(name, stated)

    def _questions(self, fields: Fields, ask: str) -> tuple[Words | None, Words | None]:
        node = fields.get("question")
        if ask == "never":
            if node is not None:
                self._notebook.error(node, "a question, although it is never asked")
            return None, None
        if node is None:
            self._notebook.error(fields.node, "the question is missing", "or ask: never")
            return None, None
        languages = self._notebook.fields(node, "question", ("en",), LANGUAGES)
        first, third = {}, {}
        for language, forms in (languages.nodes if languages else {}).items():
            form = self._notebook.fields(forms, f"question.{language}", ("first", "third"))
            if form is not None:
                first[language] = form.plain_text("first")
                third[language] = form.plain_text("third")
        return (Words.of(first), Words.of(third)) if "en" in first else (None, None)

    def _values(self, kind: str, fields: Fields) -> tuple[FactValue, ...]:
        node = fields.get("values")
        if kind not in ("choice", "multi", "yes_no"):
            if node is not None:
                self._notebook.error(node, f"a {kind} has no list of values")
            return ()
        if node is None:
            if kind != "yes_no":
                self._notebook.error(fields.node, f"a {kind} needs values")
            return _YES_NO
        read = [self._value(key, value) for key, value in self._entries(node, "values")]
        values = tuple(value for value in read if value is not None)
        keys = [value.key for value in values]
        if len(set(keys)) < len(keys):
            self._notebook.error(node, "two values have the same key")
        if kind == "yes_no" and {value.name for value in values} != {"yes", "no"}:
            self._notebook.error(node, "a yes_no has the values yes and no", "or type: choice")
        return values

    def _value(self, key: TextNode, node: Node) -> FactValue | None:
        name = self._notebook.name(key, "a value")
        optional = (*LANGUAGES, "needs_sight", "phrase")
        fields = self._notebook.fields(node, name, ("key", "en"), optional)
        if name == "unknown":
            self._notebook.error(key, "unknown is never listed: every fact may be unknown")
        if fields is None or not name:
            return None
        pressed = fields.text("key")
        if not _KEY.fullmatch(pressed):
            self._notebook.error(fields.node, "the key is one digit or small letter")
        elif pressed == UNKNOWN_KEY:
            self._notebook.error(fields.node, f"the key {UNKNOWN_KEY} means unknown")
        spoken = [language for language in LANGUAGES if language in fields.nodes]
        label = Words.of({"en": "", **{one: fields.plain_text(one) for one in spoken}})
        return FactValue(name, pressed, label, fields.flag("needs_sight"), fields.words("phrase"))

    def _danger(self, fields: Fields, values: tuple[FactValue, ...]) -> tuple[str, ...]:
        node = fields.get("danger")
        if node is None or (isinstance(node, TextNode) and node.value == "none"):
            return ()
        names = tuple(value.name for value in values)
        order = self._notebook.known_names(node, "danger", names)
        if missing := [name for name in names if name not in order]:
            self._notebook.error(node, f"danger leaves out {', '.join(missing)}", "or danger: none")
            return ()
        return order

    def _check_derived(
        self, name: str, kind: str, values: tuple[FactValue, ...], fields: Fields
    ) -> None:
        """Facts that follow from `now` have to be able to hold what follows."""
        wanted = dict(zip(FROM_NOW, ("code", "number", "choice"), strict=True))
        if name in wanted and kind != wanted[name]:
            self._notebook.error(fields.node, f"{name} follows from now: it is a {wanted[name]}")
        elif name == "weekday" and {value.name for value in values} != set(WEEKDAYS):
            self._notebook.error(fields.node, f"weekday has the values {', '.join(WEEKDAYS)}")

    def _check_texts(self, name: str, kind: str, fields: Fields) -> None:
        """What may hold a name, a plate or a diagnosis stays out of text messages."""
        of_health = fields.text("group") in HEALTH_GROUPS
        private = kind == "code" or of_health or self._read_by(name, fields) != "any"
        if private and fields.flag("in_texts"):
            self._notebook.error(fields.keys["in_texts"], f"{name} never goes into a text message")

    def _responses(self, node: Node | None, facts: dict[str, Fact]) -> dict[str, Response]:
        responses: dict[str, Response] = {}
        for key, value in self._entries(node, "responses"):
            name = self._notebook.name(key, "a response")
            needed = ("label", "reached_by")
            fields = self._notebook.fields(value, name or "a response", needed, _RESPONSE_KEYS)
            if fields is not None and name:
                responses[name] = self._response(name, fields, facts)
        return responses

    def _response(self, name: str, fields: Fields, facts: dict[str, Fact]) -> Response:
        reached_by = fields.one_of("reached_by", ("page", "cad", "transfer", "record"))
        roles = self._names(fields, "roles")
        if (reached_by == "page") != bool(roles):
            self._notebook.error(fields.node, "roles go with reached_by: page, and only with it")
        if name == ASK_MORE and reached_by != "record":
            self._notebook.error(fields.node, f"{ASK_MORE} sends nobody: reached_by: record")
        available = fields.one_of("availability_fact", facts) or None
        if available and not (facts[available].is_situation and facts[available].type == "yes_no"):
            self._notebook.error(fields.node, f"{available} is not a yes_no of the situation")
            available = None
        return Response(
            id=name,
            labels=fields.words("label") or Words.of(name),
            about=fields.words("about") or Words.of(""),
            reached_by=cast("ReachedBy", reached_by),
            roles=roles,
            comes=fields.words("comes"),
            dress=fields.words("dress"),
            armed=fields.flag("armed"),
            public_safety=fields.flag("public_safety"),
            availability_fact=available,
        )
