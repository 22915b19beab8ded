"""YAML as people think it is: texts, lists and mappings, each knowing where it stands.

Built on PyYAML's events, so that nothing is converted or looked up: `no` is "no", `1:30` is "1:30".
Anchors, aliases, tags, merge keys, duplicate keys, several documents and tabs are refused, and
size, depth and number of nodes are limited while reading. What is refused is still read for what
was meant by it, so that everything else that is wrong with the file is told as well.
"""

from dataclasses import dataclass, replace
from itertools import islice

import yaml
from yaml import BaseLoader

from triage.adapters import characters
from triage.adapters.errata import MOST_FINDINGS, Errata
from triage.adapters.nodes import MappingNode, Node, TextNode, everything
from triage.adapters.yaml_slips import mended, slip
from triage.adapters.yaml_tree import Tree
from triage.domain.errors import Finding, RuleFileError

MOST_BYTES = 1024 * 1024
MOST_MARKS = 100_000
"""Commas, colons and line ends, counted before anything is parsed: twice what the largest set has
that is read."""
MOST_ANEW = 200_000
"""Characters that are read again after slips."""

try:  # libyaml is ten times as fast; a build without it works too
    from yaml import CBaseLoader as _Parser
except ImportError:
    _Parser = BaseLoader  # type: ignore[assignment,misc]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. whole -- False where it could only be read up to a slip: then the last
    entry of `root` may not be all that was meant."""

    root: Node
    whole: bool = True


def read_yaml(text: str, errata: Errata) -> Document:
    """The one document in a text. What is wrong with it goes into `errata`.

    Raises RuleFileError where there is nothing to read, or too much.
    """
    tree, body, whole = _grown(_readable(text, errata), errata)
    if tree.root is not None:
        _tell_what_was_cut(body, tree.root, errata)
    if tree.root is None or not (whole or isinstance(tree.root, MappingNode)):
        if errata.has_errors:
            raise RuleFileError(errata.by_place())
        errata.stop(Finding("error", 1, 1, "the file is empty"))
    return Document(tree.root, whole)


def _grown(body: str, errata: Errata) -> tuple[Tree, str, bool]:
    """The tree of a text, the text it is of, and whether all of that is in it.

    After a slip that quotes mend, it is read anew with the quotes, as long as that is quick.
    """
    left = MOST_ANEW
    while True:
        before = len(errata.findings)
        tree = Tree(errata, _Parser(body).get_event)
        try:
            tree.grow()
        except yaml.MarkedYAMLError as error:
            told = slip(error, body)
            left -= sum(map(len, body.split("\n", told.line)[: told.line])) + len(body) // 10
            again = mended(told, body) if left > 0 else None
            if again is not None:
                errata.forget(before)
                errata.add(told)
                body = again
                continue
            errata.add(replace(told, hint=f"{told.hint}; nothing after this was read"))
            tree.prune()
            return tree, body, False
        except yaml.YAMLError as error:
            errata.stop(Finding("error", 1, 1, f"this is not YAML: {error}"))
        return tree, body, True


def _tell_what_was_cut(body: str, root: Node, errata: Errata) -> None:
    """ "Room #3 is locked" says "Room" once YAML has taken the rest for a comment."""
    if " #" not in body:
        return
    lines = enumerate(body.split("\n"))
    cut = {(number, column) for number, line in lines if (column := _cut_value(line))}
    texts = (node for node in everything(root) if isinstance(node, TextNode)) if cut else ()
    for node in islice((one for one in texts if (one.line, one.column) in cut), MOST_FINDINGS):
        place, message = node.place, f"this says only {node.value[:60]}: a comment begins with #"
        hint = "put the whole text in double quotes, or a space behind the #"
        errata.add(Finding("warning", place.line, place.column, message, hint))


def _cut_value(line: str) -> int:
    """The column of a value without quotes that something follows which is no usual comment; 0."""
    key, _, rest = line.partition(": ")
    at, value = rest.find(" #"), rest.lstrip()
    usual = not rest[at + 2 : at + 3].strip(" #")
    if at < 0 or usual or "#" in key or value[:1] in ("#", '"', "'", ">", "|", "{", "["):
        return 0
    return len(line) - len(value)


def _readable(text: str, errata: Errata) -> str:
    """The text with one kind of line end and nothing that nobody sees. Refuses what is too big."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        errata.stop(Finding("error", 1, 1, "the file is not valid UTF-8"))
    if size > MOST_BYTES:
        message = f"the file has {size:,} bytes, at most {MOST_BYTES:,} are read"
        errata.stop(Finding("error", 1, 1, message))
    body = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if body.count(",") + body.count(":") + body.count("\n") > MOST_MARKS:
        message = f"the file has more than {MOST_MARKS:,} commas, colons and line ends"
        errata.stop(Finding("error", 1, 1, message, "no rule set is as long as that"))
    found = set()
    for at, character in characters.refused(body):
        line, column = body.count("\n", 0, at) + 1, at - body.rfind("\n", 0, at)
        errata.add(Finding("error", line, column, *characters.told(character)))
        found.add(character)
    return characters.without(body, found) if found else body
