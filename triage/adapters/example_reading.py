"""Reading the examples of a rule set: calls with what must come of them."""

from triage.adapters.node_reading import NUMBER, Notebook
from triage.adapters.nodes import ListNode, MappingNode, Node, TextNode
from triage.domain.errors import InvalidCall
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import ASK_MORE, Example

_EXPECT = ("response", "level", "also", "must_not", "settled", "outcome")


def read_example(notebook: Notebook, vocabulary: Vocabulary, node: Node) -> Example | None:
    """The example, its call checked like any other call."""
    optional = ("facts", "narrative", "situation")
    fields = notebook.fields(node, "an example", ("name", "expect"), optional)
    expect_node = fields.get("expect") if fields else None
    if fields is None or expect_node is None:
        return None
    raw = {key: as_json(fields.nodes[key], vocabulary) for key in optional if key in fields.nodes}
    expect = notebook.fields(expect_node, "expect", (), _EXPECT)
    try:
        call = vocabulary.read_call(raw)
    except InvalidCall as error:
        for problem in error.problems:
            notebook.error(_place_of(node, problem.path), str(problem))
        return None
    if expect is None:
        return None
    if not expect.nodes:
        hint = f"one of: {', '.join(_EXPECT)}"
        notebook.error(expect_node, "expect says nothing, so the example shows nothing", hint)
    known = (*vocabulary.responses, ASK_MORE)
    return Example(
        name=fields.text("name"),
        call=call,
        response=expect.one_of("response", known) or None,
        level=expect.text("level") or None,
        also=expect.known_names("also", known),
        must_not=expect.known_names("must_not", known),
        settled=expect.flag("settled") if "settled" in expect.nodes else None,
        outcome=expect.one_of("outcome", ("decided", ASK_MORE)) or None,
        place=node.place,
    )


def as_json(node: Node, vocabulary: Vocabulary, fact: str = "") -> object:
    """A call written in YAML as the JSON it stands for.

    Everything in the file is text; what the vocabulary knows to be a number becomes one.
    """
    if isinstance(node, MappingNode):
        inside = "" if fact in ("facts", "situation") else fact
        return {
            key: as_json(value, vocabulary, inside or key) for key, value in node.values.items()
        }
    if isinstance(node, ListNode):
        return [as_json(item, vocabulary, fact) for item in node.items]
    known = vocabulary.facts.get(fact)
    wants_number = fact == "minutes_to" or (known is not None and known.type == "number")
    return _as_number(node) if wants_number else node.value


def _as_number(node: TextNode) -> object:
    if not NUMBER.fullmatch(node.value):
        return node.value  # the call reader says what is wrong with it
    number = float(node.value)
    return int(number) if number.is_integer() else number


def _place_of(node: Node, path: str) -> Node:
    """The node a path such as `facts.weapon` leads to, or the last one on the way."""
    for step in path.split("."):
        if not isinstance(node, MappingNode):
            break
        if step not in node.values:
            break
        node = node.values[step]
    return node
