"""YAML as people think it is: texts, lists and mappings, each knowing where it stands.

Built on PyYAML's events, so that nothing is expanded, converted or looked up: `no` is "no", `1:30`
is "1:30". Anchors, aliases, tags, merge keys, duplicate keys, several documents and tabs are
refused, and size, depth and number of nodes are limited while reading.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml
from yaml import BaseLoader

from triage.domain.errors import Finding, RuleFileError
from triage.domain.ruleset import Place

MOST_BYTES = 1024 * 1024
MOST_NODES = 55_000
"""Texts, lists and mappings: room for 2,000 rules with 100 examples."""
MOST_HOLDERS = 10_000
"""Lists and mappings, each of which takes as long as several texts."""
MOST_ENTRIES = 2_000
"""Of one list or mapping."""
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


@dataclass(slots=True, eq=False)
class _Placed:
    """Something that stands in the file. The place is worked out only where it is asked for."""

    mark: object

    @property
    def place(self) -> Place:
        return _place(self.mark)


@dataclass(slots=True, eq=False)
class TextNode(_Placed):
    value: str


@dataclass(slots=True, eq=False)
class ListNode(_Placed):
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class MappingNode(_Placed):
    keys: dict[str, TextNode] = field(default_factory=dict)
    values: dict[str, "Node"] = field(default_factory=dict)

    @property
    def entries(self) -> Iterable[tuple[TextNode, "Node"]]:
        return zip(self.keys.values(), self.values.values(), strict=True)


Node = TextNode | ListNode | MappingNode


def read_yaml(text: str) -> Node:
    """The one document in a text. Raises RuleFileError with everything that is wrong with it."""
    _check_text(text)
    tree = _Tree()
    try:
        tree.grow(_Parser(text.removeprefix("\ufeff")).get_event)
    except yaml.MarkedYAMLError as error:
        tree.refuse(error.problem_mark, _said(error), _mended(error))
    except yaml.YAMLError as error:
        tree.refuse(None, f"this is not YAML: {error}")
    if tree.findings or tree.root is None:
        empty = Finding("error", 1, 1, "the file is empty")
        raise RuleFileError(tree.findings or [empty])
    return tree.root


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
    if body.replace("\n", "").isprintable():
        return  # told apart twenty times as fast as below
    findings = []
    for match in _UNPRINTABLE.finditer(body):
        line = body.count("\n", 0, match.start()) + 1
        column = match.start() - body.rfind("\n", 0, match.start())
        findings.append(Finding("error", line, column, *_unprintable(match[0])))
        if len(findings) == MOST_FINDINGS:
            break
    if findings:
        raise RuleFileError(findings)


def _unprintable(character: str) -> tuple[str, str]:
    """What is said of it, and a hint."""
    if character == "\t":
        return "a tab", "use spaces"
    return f"a character that cannot be shown (U+{ord(character):04X})", ""


def _place(mark: object) -> Place:
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    return Place(line + 1, column + 1)


def _said(error: yaml.MarkedYAMLError) -> str:
    parts = (part for part in (error.context, error.problem) if part)
    return f"this is not YAML: {', '.join(parts)}"


def _mended(error: yaml.MarkedYAMLError) -> str:
    """What to do about the slip that people make most: a colon in a text without quotes."""
    colon = "mapping values are not allowed" in (error.problem or "")
    return "put the text in quotes, or mend the indentation" if colon else ""


_Holder = ListNode | MappingNode


class _Tree:
    """Builds the nodes out of events; collects what is refused."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._holder: _Holder | None = None
        """The innermost list or mapping that has begun and not ended."""
        self._key: TextNode | None = None
        """The key of that mapping whose value comes next."""
        self._outside: list[tuple[_Holder | None, TextNode | None]] = []
        """What both will be again once the open lists and mappings have ended."""
        self._nodes = self._holders = 0
        self._documents = 0

    def refuse(self, mark: object, message: str, hint: str = "") -> None:
        place = _place(mark)
        self.findings.append(Finding("error", place.line, place.column, message, hint))
        if len(self.findings) >= MOST_FINDINGS:
            raise RuleFileError(self.findings)

    def grow(self, next_event: Callable[[], Any]) -> None:
        """Take every event. Texts are most of them, so they come first and take no detour."""
        while (kind := (event := next_event()).__class__) is not yaml.StreamEndEvent:
            if kind is yaml.ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_properties(event)
                if event.style == '"' and not event.value.isprintable():
                    self._refuse_escapes(event)
                node = TextNode(event.start_mark, event.value)
                if self._key is not None and self._nodes < MOST_NODES:
                    self._nodes += 1
                    self._holder.values[self._key.value] = node  # type: ignore[union-attr]
                    self._key = None
                else:
                    self._put(node, plain=not event.style)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._holder, self._key = self._outside.pop()
            elif kind is yaml.MappingStartEvent:
                self._begin(event, MappingNode(event.start_mark))
            elif kind is yaml.SequenceStartEvent:
                self._begin(event, ListNode(event.start_mark))
            else:
                self._take_rare(event)

    def _take_rare(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event.start_mark, "an alias (*): write it out")
            self._put(TextNode(event.start_mark, ""))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event.start_mark, "a second document: one file holds one")

    def _stop(self, mark: object, message: str) -> NoReturn:
        """Refuse what would only cost more the longer it is read."""
        self.refuse(mark, message)
        raise RuleFileError(self.findings)

    def _refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self.refuse(event.start_mark, "an anchor (&): write it out")
        if event.tag is not None:
            message = f"a tag ({str(event.tag)[:40]}): everything is text here"
            self.refuse(event.start_mark, message)

    def _refuse_escapes(self, event: Any) -> None:
        """What may not stand in the file may not be written as an escape either."""
        if found := _UNPRINTABLE.search(event.value):
            self.refuse(event.start_mark, *_unprintable(found[0]))

    def _begin(self, event: Any, node: _Holder) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        after: TextNode | None = None
        if self._key is None and isinstance(self._holder, MappingNode):
            self.refuse(event.start_mark, "a list or mapping as a key")
            after = TextNode(event.start_mark, "")
            self._holder.keys[""] = after
        else:
            self._put(node)
        self._holders += 1
        if self._holders > MOST_HOLDERS:
            self._stop(event.start_mark, f"more than {MOST_HOLDERS:,} lists and mappings")
        self._outside.append((self._holder, after))
        if len(self._outside) > DEEPEST:
            self._stop(event.start_mark, f"nested deeper than {DEEPEST}")
        self._holder, self._key = node, None

    def _put(self, node: Node, plain: bool = False) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._stop(node.mark, f"more than {MOST_NODES:,} entries")
        holder = self._holder
        if isinstance(holder, ListNode):
            holder.items.append(node)
            if len(holder.items) > MOST_ENTRIES:
                self._stop(node.mark, f"more than {MOST_ENTRIES:,} entries in one list")
        elif holder is None:
            self.root = node
        elif self._key is not None:
            holder.values[self._key.value] = node
            self._key = None
        elif isinstance(node, TextNode):
            self._put_key(holder, node, plain)

    def _put_key(self, holder: MappingNode, key: TextNode, plain: bool) -> None:
        if plain and key.value == "<<":
            self.refuse(key.mark, "a merge key (<<)", "write the keys out")
        elif key.value in holder.keys:
            self.refuse(key.mark, f"{key.value[:40]} stands twice in one mapping")
        elif len(holder.keys) >= MOST_ENTRIES:
            self._stop(key.mark, f"more than {MOST_ENTRIES:,} entries in one mapping")
        holder.keys[key.value] = self._key = key
