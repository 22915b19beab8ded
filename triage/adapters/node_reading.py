"""Reading values out of nodes: every mistake is written down, none stops the reading."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from triage.adapters.errata import Errata
from triage.adapters.nodes import ListNode, MappingNode, Node, TextNode
from triage.domain.errors import Finding, Severity
from triage.domain.hints import did_you_mean, of_key
from triage.domain.ruleset import Place
from triage.domain.words import LANGUAGES, Words

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_TEXT = 2_000
MOST_ITEMS = 2_000
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w*\)|%[sdr]\b|\$\{?[A-Za-z_]\w*|<\w+>")
"""As templates are written in one language or another."""
_INTEGER = re.compile(r"-?[0-9]{1,9}")
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


class Notebook(Errata):
    """Where findings are written while the values of one file are read."""

    def error(self, where: Node | Place, message: str, hint: str = "") -> None:
        self._write("error", where, message, hint)

    def warning(self, where: Node | Place, message: str, hint: str = "") -> None:
        self._write("warning", where, message, hint)

    def _write(self, severity: Severity, where: Node | Place, message: str, hint: str) -> None:
        place = where if isinstance(where, Place) else where.place
        self.add(Finding(severity, place.line, place.column, message, hint))

    def fields(
        self, node: Node, what: str, needed: Collection[str], optional: Collection[str] = ()
    ) -> "Fields | None":
        """The mapping `node`, its keys checked; None if it is not a mapping."""
        if not isinstance(node, MappingNode):
            hint = f"write key: value for each of: {', '.join(needed or optional)}"
            self.error(node, f"{what} is a mapping of keys and values", hint)
            return None
        found = Fields(self, node)
        for key in node.keys:
            if key not in needed and key not in optional:
                hint = of_key(key, (*needed, *optional))
                self.error(node.keys[key], f"{what} has no key {key[:40]}", hint)
        for name in needed:
            if name not in found.nodes:
                self.error(node, f"{what} lacks {name}")
        return found

    def text(self, node: Node, what: str, longest: int = LONGEST_TEXT) -> str:
        """A text that is not empty; "" when refused."""
        if not isinstance(node, TextNode):
            self.error(node, f"{what} is one value, not a list or mapping")
            return ""
        value = node.value.strip()
        if not value:
            self.error(node, f"{what} is empty")
        elif len(value) > longest:
            self.error(node, f"{what} is longer than {longest} characters")
            return ""
        return value

    def plain_text(self, node: Node, what: str) -> str:
        """A text that people read: without placeholders, which could carry a name or worse."""
        value = self.text(node, what)
        if match := _PLACEHOLDER.search(value):
            self.error(node, f"{what} carries a placeholder ({match[0][:30]})", "write plain text")
        return value

    def name(self, node: Node, what: str) -> str:
        """A name as facts, values and responses have: small letters, digits, underscores."""
        value = self.text(node, what, longest=60)
        if value and not NAME.fullmatch(value):
            hint = "small letters, digits and _, a letter first, at most 40"
            self.error(node, f"{what} cannot be {value}", hint)
            return ""
        return value

    def one_of(self, node: Node, what: str, known: Collection[str]) -> str:
        """One of the known names; "" when refused."""
        value = self.text(node, what)
        if value and value not in known:
            self.error(node, f"{what} cannot be {value[:60]}", did_you_mean(value, known))
            return ""
        return value

    def flag(self, node: Node, what: str) -> bool:
        value = self.text(node, what)
        if value and value not in ("yes", "no", "true", "false"):
            self.error(node, f"{what} is yes or no, not {value[:40]}")
        return value in ("yes", "true")

    def integer(self, node: Node, what: str, low: int, high: int) -> int:
        """A whole number in the range; `low` when refused."""
        value = self.text(node, what)
        if value and not (_INTEGER.fullmatch(value) and low <= int(value) <= high):
            self.error(node, f"{what} is a whole number from {low} to {high}, not {value[:40]}")
            return low
        return int(value) if value else low

    def number(self, node: Node, what: str) -> float:
        value = self.text(node, what)
        if value and not NUMBER.fullmatch(value):
            self.error(node, f"{what} is a number, not {value[:40]}")
            return 0
        number = float(value or 0)
        return int(number) if number.is_integer() else number

    def date(self, node: Node, what: str) -> str:
        """An ISO date as text; "" when refused."""
        value = self.text(node, what)
        try:
            written = date.fromisoformat(value).isoformat() if value else ""
        except ValueError:
            written = ""
        if written != value:  # other ways to write a date are no less misread
            self.error(node, f"{what} is a date such as 2026-11-23, not {value[:40]}")
        return written

    def items(self, node: Node, what: str, most: int = MOST_ITEMS) -> Sequence[Node]:
        """The items of a list; those beyond `most` are refused unread."""
        if not isinstance(node, ListNode):
            self.error(node, f"{what} is a list", "begin each entry with a dash and a space")
            return ()
        if len(node.items) > most:
            self.error(node.items[most], f"{what}: more than {most}")
        return node.items[:most]

    def texts(self, node: Node, what: str) -> tuple[TextNode, ...]:
        """A list of texts, or a single one."""
        nodes = node.items if isinstance(node, ListNode) else (node,)
        for one in nodes:
            if not isinstance(one, TextNode):
                self.error(one, f"{what} is a text or a list of texts")
        return tuple(one for one in nodes if isinstance(one, TextNode))

    def known_names(self, node: Node, what: str, known: Collection[str]) -> tuple[str, ...]:
        """A list of known names, or a single one, none twice."""
        if isinstance(node, ListNode) and not node.items:
            self.error(node, f"{what}: an empty list", "name one, or leave it out")
        names: dict[str, None] = {}
        for one in self.texts(node, what):
            name = self.one_of(one, what, known)
            if name in names:
                self.error(one, f"{name} stands twice")
            elif name:
                names[name] = None
        return tuple(names)

    def words(self, node: Node, what: str) -> Words | None:
        """A text by language; a plain text counts as English."""
        if isinstance(node, TextNode):
            return Words.of(self.plain_text(node, what)) if node.value.strip() else None
        fields = self.fields(node, what, ("en",), LANGUAGES)
        if fields is None:
            return None
        texts = {name: self.plain_text(one, what) for name, one in fields.nodes.items()}
        return Words.of({name: text for name, text in texts.items() if name in LANGUAGES})


class Fields:
    """The entries of a mapping by key."""

    def __init__(self, notebook: Notebook, node: MappingNode) -> None:
        self.notebook = notebook
        self.node = node
        self.nodes: Mapping[str, Node] = node.values
        self.keys: Mapping[str, TextNode] = node.keys

    def get(self, key: str) -> Node | None:
        return self.nodes.get(key)

    def text(self, key: str, default: str = "") -> str:
        node = self.nodes.get(key)
        return default if node is None else self.notebook.text(node, key)

    def plain_text(self, key: str) -> str:
        node = self.nodes.get(key)
        return "" if node is None else self.notebook.plain_text(node, key)

    def one_of(self, key: str, known: Collection[str], default: str = "") -> str:
        node = self.nodes.get(key)
        return default if node is None else self.notebook.one_of(node, key, known)

    def flag(self, key: str) -> bool:
        node = self.nodes.get(key)
        return node is not None and self.notebook.flag(node, key)

    def date(self, key: str) -> str:
        node = self.nodes.get(key)
        return "" if node is None else self.notebook.date(node, key)

    def known_names(self, key: str, known: Collection[str]) -> tuple[str, ...]:
        node = self.nodes.get(key)
        return () if node is None else self.notebook.known_names(node, key, known)

    def integer(self, key: str, low: int, high: int) -> int | None:
        node = self.nodes.get(key)
        return None if node is None else self.notebook.integer(node, key, low, high)

    def words(self, key: str) -> Words | None:
        node = self.nodes.get(key)
        return None if node is None else self.notebook.words(node, key)
