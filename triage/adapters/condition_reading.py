"""Reading conditions: `{weapon: in_hand}`, `{any: [...]}`, `{mentions: {...}}`, `always`."""

from collections.abc import Mapping

from triage.adapters.node_reading import Notebook
from triage.adapters.nodes import ListNode, MappingNode, Node, TextNode
from triage.domain.comparisons import COMPARISONS, MEANT, SEVERAL, Incomparable, compare
from triage.domain.conditions import (
    ALWAYS,
    AtLeast,
    Condition,
    Every,
    Mentions,
    NoneOf,
    Some,
)
from triage.domain.facts import Fact
from triage.domain.hints import of_key
from triage.domain.narrative import fold
from triage.domain.words import LANGUAGES

GROUPS = ("all", "any", "none", "at_least", "mentions")
_MEANT = {"and": "all", "or": "any", "not": "none", "&&": "all", "||": "any", "nor": "none"}
"""What groups are called elsewhere."""
MOST_TERMS = 200
LONGEST_TERM = 60


class ConditionReader:
    """Reads the conditions of one file against the facts of a vocabulary."""

    def __init__(self, notebook: Notebook, facts: Mapping[str, Fact]) -> None:
        self._notebook = notebook
        self._facts = facts

    def read(self, node: Node) -> Condition | None:
        """The condition, or None when it was refused."""
        if isinstance(node, TextNode):
            if node.value == "always":
                return ALWAYS
            message = f"{node.value[:40]} is not a condition" if node.value else "no condition"
            hint = "write {fact: value}, or always; in further lines it is indented further"
            self._notebook.error(node, message, hint)
            return None
        if not isinstance(node, MappingNode):
            hint = "put it under all: or any:"
            self._notebook.error(node, "a list is not a condition", hint)
            return None
        if not node.keys:
            self._notebook.error(node, "an empty condition", "for every call: always")
            return None
        parts = [self._entry(key, value) for key, value in node.entries]
        read = tuple(part for part in parts if part is not None)
        if len(read) < len(parts):
            return None
        return read[0] if len(read) == 1 else Every(read)

    def _entry(self, key: TextNode, value: Node) -> Condition | None:
        name = key.value
        if name == "mentions":
            return self._mentions(value)
        if name == "at_least":
            return self._at_least(value)
        if name in GROUPS:
            parts = self._parts(value, name)
            if parts is None:
                return None
            return _group(name, parts)
        fact = self._facts.get(name)
        if fact is None:
            hint = of_key(name, (*self._facts, *GROUPS), _MEANT)
            self._notebook.error(key, f"there is no fact {name[:40]}", hint)
            return None
        return self._tests(fact, value)

    def _parts(self, node: Node, what: str) -> tuple[Condition, ...] | None:
        items = self._notebook.items(node, what)
        parts = [self.read(item) for item in items]
        if not items:
            if isinstance(node, ListNode):
                self._notebook.error(node, f"{what} needs at least one condition")
            return None
        read = tuple(part for part in parts if part is not None)
        return read if len(read) == len(parts) else None

    def _at_least(self, node: Node) -> Condition | None:
        fields = self._notebook.fields(node, "at_least", ("n", "of"))
        of = fields.get("of") if fields else None
        if fields is None or of is None:
            return None
        parts = self._parts(of, "of")
        n = fields.integer("n", 1, max(1, len(parts or ())))
        return AtLeast(n or 1, parts) if parts else None

    def _tests(self, fact: Fact, node: Node) -> Condition | None:
        if not isinstance(node, MappingNode):
            comparison = "is" if isinstance(node, TextNode) else "in"
            return self._test(fact, comparison, node)
        known = COMPARISONS
        if not node.keys:
            hint = f"write {{{fact.name}: value}}, or a comparison such as in"
            self._notebook.error(node, f"nothing is said about {fact.name}", hint)
            return None
        tests: list[Condition | None] = []
        for key, value in node.entries:
            if key.value in known:
                tests.append(self._test(fact, key.value, value))
            else:
                hint = of_key(key.value, known, MEANT)
                self._notebook.error(key, f"there is no comparison {key.value[:40]}", hint)
                tests.append(None)
        read = tuple(test for test in tests if test is not None)
        if len(read) < len(tests):
            return None
        return read[0] if len(read) == 1 else Every(read)

    def _test(self, fact: Fact, comparison: str, node: Node) -> Condition | None:
        if isinstance(node, MappingNode):
            self._notebook.error(node, f"{comparison} is followed by a value, not by a mapping")
            return None
        if not isinstance(node, TextNode) and comparison not in SEVERAL:
            self._notebook.error(node, f"{comparison} is followed by one value", "for several: in")
            return None
        texts = self._notebook.texts(node, f"what follows {comparison}")
        try:
            return compare(fact, comparison, tuple(text.value for text in texts))
        except Incomparable as refusal:
            self._notebook.error(node, refusal.message, refusal.hint)
            return None

    def _mentions(self, node: Node) -> Condition | None:
        fields = self._notebook.fields(node, "mentions", ("terms",), ("asks",))
        terms = self.terms(fields.get("terms")) if fields else ()
        if fields is None or not terms:
            return None
        asks = fields.one_of("asks", self._facts) if "asks" in fields.nodes else None
        return Mentions(terms, asks or None)

    def terms(self, node: Node | None) -> tuple[str, ...]:
        """The terms of `{en: [...], es: [...]}`, once each."""
        fields = self._notebook.fields(node, "terms", (), LANGUAGES) if node else None
        if fields is None:
            return ()
        terms: dict[str, None] = {}
        for texts in fields.nodes.values():
            for text in self._notebook.texts(texts, "terms"):
                if self._is_term(text):
                    terms[text.value] = None
        if not terms or len(terms) > MOST_TERMS:
            self._notebook.error(fields.node, f"1 to {MOST_TERMS} terms")
        return tuple(terms)

    def _is_term(self, text: TextNode) -> bool:
        length = len(fold(text.value).strip())
        if length >= 2 and len(text.value) <= LONGEST_TERM:
            return True
        hint = f"2 to {LONGEST_TERM} characters, with letters or digits"
        self._notebook.error(text, f'"{text.value[:40]}" is not a term', hint)
        return False


def _group(name: str, parts: tuple[Condition, ...]) -> Condition:
    if name == "all":
        return Every(parts)
    return Some(parts) if name == "any" else NoneOf(parts)
