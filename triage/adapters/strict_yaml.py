"""YAML as people think it is: texts, lists and mappings, each knowing where it stands.

Built on PyYAML's events, so that nothing is expanded, converted or looked up: `no` is "no", `1:30`
is "1:30". Anchors, aliases, tags, merge keys, duplicate keys, several documents and tabs are
refused, and size, depth and number of nodes are limited while reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml import BaseLoader

from triage.domain.errors import Finding, RuleFileError
from triage.domain.ruleset import Place

MOST_BYTES = 256 * 1024
MOST_NODES = 20_000
DEEPEST = 30
MOST_FINDINGS = 100

try:  # libyaml is ten times as fast; a build without it works too
    from yaml import CBaseLoader as _Parser
except ImportError:
    _Parser = BaseLoader  # type: ignore[assignment,misc]

# What YAML does not allow, and the marks that make text read otherwise than it is stored.
_UNPRINTABLE = re.compile(
    "[^\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True, slots=True)
class TextNode:
    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class MappingNode:
    entries: tuple[tuple[TextNode, "Node"], ...]
    place: Place


Node = TextNode | ListNode | MappingNode


@dataclass
class _Open:
    """A list or mapping that has begun and not ended."""

    place: Place
    is_mapping: bool
    parts: list[Node] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and len(self.parts) % 2 == 0


def read_yaml(text: str) -> Node:
    """The one document in a text. Raises RuleFileError with everything that is wrong with it."""
    _check_text(text)
    tree = _Tree()
    try:
        for event in _events(text):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        tree.refuse(_place(error.problem_mark), _said(error))
    except yaml.YAMLError as error:
        tree.refuse(Place(), f"this is not YAML: {error}")
    if tree.findings or tree.root is None:
        empty = Finding("error", 1, 1, "the file is empty")
        raise RuleFileError(tree.findings or [empty])
    return tree.root


def _events(text: str) -> Iterator[yaml.Event]:
    events: Iterator[yaml.Event] = yaml.parse(text.removeprefix("\ufeff"), Loader=_Parser)
    return events


def _check_text(text: str) -> None:
    """Refuse, before any parsing, what is too big or not plain text."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RuleFileError([Finding("error", 1, 1, "the file is not valid UTF-8")]) from None
    if size > MOST_BYTES:
        message = f"the file has {size:,} bytes, at most {MOST_BYTES:,} are read"
        raise RuleFileError([Finding("error", 1, 1, message)])
    body = text.removeprefix("\ufeff")
    findings = []
    for match in _UNPRINTABLE.finditer(body):
        line = body.count("\n", 0, match.start()) + 1
        column = match.start() - body.rfind("\n", 0, match.start())
        if match[0] == "\t":
            findings.append(Finding("error", line, column, "a tab", "use spaces"))
        else:
            message = f"a character that cannot be shown (U+{ord(match[0]):04X})"
            findings.append(Finding("error", line, column, message))
        if len(findings) == MOST_FINDINGS:
            break
    if findings:
        raise RuleFileError(findings)


def _place(mark: object) -> Place:
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    return Place(line + 1, column + 1)


def _said(error: yaml.MarkedYAMLError) -> str:
    parts = (part for part in (error.context, error.problem) if part)
    return f"this is not YAML: {', '.join(parts)}"


@dataclass
class _Tree:
    """Builds the nodes out of events; collects what is refused."""

    root: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def refuse(self, place: Place, message: str, hint: str = "") -> None:
        self.findings.append(Finding("error", place.line, place.column, message, hint))
        if len(self.findings) >= MOST_FINDINGS:
            raise RuleFileError(self.findings)

    def stop(self, place: Place, message: str) -> None:
        """Refuse what would only cost more the longer it is read."""
        self.refuse(place, message)
        raise RuleFileError(self.findings)

    def take(self, event: yaml.Event) -> None:
        place = _place(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop(place, "a second document: one file holds one")
            case yaml.AliasEvent():
                self.refuse(place, "an alias (*): write it out")
                self.put(TextNode("", place))
            case yaml.ScalarEvent():
                self.check(event, place)
                self.put(TextNode(event.value, place), plain=not event.style)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self.check(event, place)
                self.open(event, place)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.close()

    def check(self, event: yaml.NodeEvent, place: Place) -> None:
        if event.anchor is not None:
            self.refuse(place, "an anchor (&): write it out")
        if getattr(event, "tag", None) is not None:
            self.refuse(place, f"a tag ({str(event.tag)[:40]}): everything is text here")  # type: ignore[attr-defined]

    def open(self, event: yaml.Event, place: Place) -> None:
        if self.stack and self.stack[-1].awaits_key:
            self.refuse(place, "a list or mapping as a key")
        self.stack.append(_Open(place, isinstance(event, yaml.MappingStartEvent)))
        if len(self.stack) > DEEPEST:
            self.stop(place, f"nested deeper than {DEEPEST}")

    def close(self) -> None:
        done = self.stack.pop()
        if not done.is_mapping:
            self.put(ListNode(tuple(done.parts), done.place))
            return
        pairs = zip(done.parts[::2], done.parts[1::2], strict=True)
        entries = tuple((key, value) for key, value in pairs if isinstance(key, TextNode))
        self.put(MappingNode(entries, done.place))

    def put(self, node: Node, plain: bool = False) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.stop(node.place, f"more than {MOST_NODES:,} entries")
        if not self.stack:
            self.root = node
            return
        holder = self.stack[-1]
        if holder.awaits_key and isinstance(node, TextNode):
            self.check_key(holder, node, plain)
        holder.parts.append(node)

    def check_key(self, holder: _Open, key: TextNode, plain: bool) -> None:
        if plain and key.value == "<<":
            self.refuse(key.place, "a merge key (<<)", "write the keys out")
        elif key.value in holder.keys:
            self.refuse(key.place, f"{key.value[:40]} stands twice in one mapping")
        holder.keys.add(key.value)
