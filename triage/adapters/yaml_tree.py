"""The nodes of a YAML file out of the parser's events; refused is what people do not expect."""

from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from triage.adapters import characters
from triage.adapters.errata import Errata
from triage.adapters.nodes import Holder, ListNode, MappingNode, Node, Placed, TextNode, size
from triage.domain.errors import Finding

MOST_NODES = 55_000
"""Texts, lists and mappings: room for 2,000 rules with 100 examples."""
MOST_LOOSE, MORE_FOR_EACH = 20_000, 5
"""Texts in few lists and mappings, and how many more for each: of large sets half are enough."""
MOST_HOLDERS = 10_000
"""Lists and mappings, each of which takes as long as several texts."""
MOST_ENTRIES = 2_000
"""Of one list or mapping."""
DEEPEST = 30


class Tree:
    """Builds the nodes out of events; what is refused goes into the errata."""

    def __init__(self, errata: Errata, next_event: Callable[[], Any]) -> None:
        self.root: Node | None = None
        self._errata = errata
        self._next_event = next_event
        self._open: list[Holder] = []
        """Lists and mappings that have begun and not ended, the innermost last."""
        self._anchored: dict[str, Node] = {}
        self._nodes = self._holders = 0
        self._most = MOST_LOOSE

    def grow(self) -> None:
        """Take every event of the first document. Raises MarkedYAMLError, RuleFileError."""
        while (event := self._next_event()).__class__ is not yaml.StreamEndEvent:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.root is not None:
                    hint = "one file holds one; nothing after this was read"
                    self._refuse(_text(event, ""), "a second document", hint)
                    return
                self.root = self._node(self._next_event())

    def prune(self) -> None:
        """After a slip: leave out what had begun and not ended. Of a list of the root the entries
        before the slip stay, but for the last, which it may have ended too soon."""
        if self._open:
            self.root = self._open[0]
        if not isinstance(self.root, MappingNode):
            return
        keys, values = self.root.keys, self.root.values
        last: Node | None = self._open[1] if len(self._open) > 1 else None
        begun = keys.keys() - values.keys()
        for key in begun:
            if isinstance(last, ListNode):
                values[key] = last
            else:
                del keys[key]
        if not begun:
            last = next(reversed(values.values()), None)
        if isinstance(last, ListNode):
            del last.items[-1:]

    def _node(self, event: Any) -> Node:
        """What begins with an event. Texts are most of them, so they come first."""
        self._nodes += 1
        if self._nodes > self._most:
            self._stop(_text(event, ""), self._most, "entries in so few lists and mappings")
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            mark, value = event.start_mark, event.value
            text = TextNode(mark.line, mark.column, value)
            if event.anchor is not None or event.tag is not None:
                self._refuse_properties(event, text)
            if event.style == '"' and not (value.isascii() and value.isprintable()):
                self._refuse_escapes(text)
            return text
        if kind is yaml.AliasEvent:
            return self._anchored_node(event)
        place = event.start_mark.line, event.start_mark.column
        if kind is yaml.MappingStartEvent:
            mapping = MappingNode(*place)
            self._begin(event, mapping)
            self._fill_mapping(mapping)
            return mapping
        items = ListNode(*place)
        self._begin(event, items)
        self._fill_list(items)
        return items

    def _begin(self, event: Any, node: Holder) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event, node)
        self._open.append(node)
        self._holders += 1
        self._most = min(self._most + MORE_FOR_EACH, MOST_NODES)
        self._check_size(node, len(self._open))

    def _check_size(self, node: Node, depth: int) -> None:
        if self._holders > MOST_HOLDERS:
            self._stop(node, MOST_HOLDERS, "lists and mappings")
        if depth > DEEPEST:
            self._stop(node, DEEPEST, "levels of lists and mappings in one another")

    def _fill_list(self, entries: ListNode) -> None:
        next_event, items = self._next_event, entries.items
        while (event := next_event()).__class__ is not yaml.SequenceEndEvent:
            items.append(node := self._node(event))
            if len(items) > MOST_ENTRIES:
                self._stop(node, MOST_ENTRIES, "entries in one list")
        self._open.pop()

    def _fill_mapping(self, mapping: MappingNode) -> None:
        next_event, keys, values = self._next_event, mapping.keys, mapping.values
        merged = []
        while (event := next_event()).__class__ is not yaml.MappingEndEvent:
            key = self._node(event)
            if not isinstance(key, TextNode):
                self._refuse(key, "a list or mapping as a key", "put the text in double quotes")
                self._node(next_event())
            elif key.value == "<<" and not event.style:
                self._refuse(key, "a merge key (<<)", "write the keys out")
                merged.append(self._node(next_event()))
            else:
                if key.value in keys:
                    self._refuse_second(key, keys[key.value])
                keys[key.value] = key
                if len(keys) > MOST_ENTRIES:
                    self._stop(key, MOST_ENTRIES, "entries in one mapping")
                first, second = values.get(key.value), self._node(next_event())
                values[key.value] = second if first is None else _both(first, second)
        for one in merged:
            _merge(mapping, one)
        self._open.pop()

    def _anchored_node(self, event: Any) -> Node:
        """Of an alias what it stands for: with that the rest of the file can be read."""
        alias = _text(event, "")
        self._refuse(alias, f"an alias (*{event.anchor[:40]})", "write out what it stands for")
        meant = self._anchored.get(event.anchor)
        if isinstance(meant, TextNode):
            return _text(event, meant.value)
        if meant is None or any(meant is one for one in self._open):
            return alias
        nodes, holders, depth = size(meant)
        self._nodes, self._holders = self._nodes + nodes, self._holders + holders
        self._most = min(self._most + MORE_FOR_EACH * holders, MOST_NODES)
        self._check_size(alias, len(self._open) + depth)
        return meant

    def _refuse_properties(self, event: Any, node: Node) -> None:
        if event.anchor is not None:
            self._refuse(node, f"an anchor (&{event.anchor[:40]})", "write out what it stands for")
            self._anchored[event.anchor] = node
        if event.tag is not None:
            hint = "leave it out, everything is text here; or put the text in double quotes"
            self._refuse(node, f"a tag ({str(event.tag)[:40]})", hint)

    def _refuse_escapes(self, node: TextNode) -> None:
        """What may not stand in the file may not be written as an escape either."""
        found = dict.fromkeys(character for _, character in characters.refused(node.value))
        for character in found:
            self._refuse(node, *characters.told(character))
        node.value = characters.without(node.value, {*found})

    def _refuse_second(self, key: TextNode, first: TextNode) -> None:
        hint = f"first in line {first.place.line}: keep one of them"
        self._refuse(key, f"{key.value[:40]} stands twice in one mapping", hint)

    def _refuse(self, node: Placed, message: str, hint: str) -> None:
        place = node.place
        self._errata.add(Finding("error", place.line, place.column, message, hint))

    def _stop(self, node: Placed, most: int, what: str) -> NoReturn:
        """Refuse what would only cost more the longer it is read."""
        place, message = node.place, f"more than {most:,} {what}"
        self._errata.stop(Finding("error", place.line, place.column, message))


def _text(event: Any, value: str) -> TextNode:
    return TextNode(event.start_mark.line, event.start_mark.column, value)


def _both(first: Node, second: Node) -> Node:
    """Of a key that stands twice as much as can be read of both; otherwise the second."""
    if isinstance(first, ListNode) and isinstance(second, ListNode):
        return ListNode(first.line, first.column, [*first.items, *second.items])
    if isinstance(first, MappingNode) and isinstance(second, MappingNode):
        keys, values = first.keys | second.keys, first.values | second.values
        return MappingNode(first.line, first.column, keys, values)
    return second


def _merge(mapping: MappingNode, merged: Node) -> None:
    """Add what a merge key brings and the mapping does not say itself."""
    for one in merged.items if isinstance(merged, ListNode) else (merged,):
        for key, value in one.entries if isinstance(one, MappingNode) else ():
            if key.value not in mapping.keys:
                mapping.keys[key.value], mapping.values[key.value] = key, value
