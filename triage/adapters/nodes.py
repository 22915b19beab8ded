"""What a file is made of: texts, lists and mappings, each knowing where it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from triage.domain.ruleset import Place


@dataclass(slots=True, eq=False)
class Placed:
    """Something that stands in the file; line and column counted from 0."""

    line: int
    column: int

    @property
    def place(self) -> Place:
        """The same, counted from 1."""
        return Place(self.line + 1, self.column + 1)


@dataclass(slots=True, eq=False)
class TextNode(Placed):
    value: str


@dataclass(slots=True, eq=False)
class ListNode(Placed):
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class MappingNode(Placed):
    keys: dict[str, TextNode] = field(default_factory=dict)
    values: dict[str, "Node"] = field(default_factory=dict)

    @property
    def entries(self) -> Iterable[tuple[TextNode, "Node"]]:
        return zip(self.keys.values(), self.values.values(), strict=True)

    def drop(self, key: str) -> "Node | None":
        """Leave an entry out; its value, if it had one."""
        self.keys.pop(key, None)
        return self.values.pop(key, None)


Holder = ListNode | MappingNode
Node = TextNode | ListNode | MappingNode


def size(node: Node) -> tuple[int, int, int]:
    """Nodes, lists and mappings among them, and levels of what an alias stands for, each as often
    as it would be read: what was put in before was counted so as well."""
    nodes, holders, depth, level = 0, 0, 0, [node]
    while level:
        nodes, depth = nodes + len(level), depth + 1
        holders += sum(not isinstance(one, TextNode) for one in level)
        level = [inner for one in level for inner in _inside(one)]
    return nodes, holders, depth


def _inside(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        yield from node.keys.values()
        yield from node.values.values()
    elif isinstance(node, ListNode):
        yield from node.items


def everything(node: Node) -> Iterator[Node]:
    """The node and all that is in it."""
    yield node
    for inner in _inside(node):
        yield from everything(inner)
