"""What a person did where YAML ends: its own words for it help nobody who does not know YAML."""

import re

from yaml import MarkedYAMLError

from triage.domain.errors import Finding

_LONGEST_KEY = 1_024
_QUOTES = "put the text in double quotes"
_COLON = "put a text with a colon in double quotes, and keys with their values in {key: value}"
_INDENT = "begin it in the column in which its neighbors begin"

_SLIPS = (
    (r"block sequence entries|sequence entries", "a list begins in the middle of a line",
     f"begin each entry on a line of its own, or {_QUOTES}"),
    (r"block collection", "this line is neither an entry of the list nor a part of one", _INDENT),
    (r"document start", "this line begins further to the left than the first one",
     "begin every key of the file in the first column"),
    (r"escape|hexdecimal", "no such escape: \\ means something in double quotes",
     "write \\\\, or use single quotes"),
    (r"tab character", "a tab", "use spaces"),
    (r"scanning a block scalar", "a text stands in the line of its > or |",
     f"begin it in the next line, or {_QUOTES}"),
    (r"node content", "something is missing before this", "is it a comma too many?"),
    (r"incompatible YAML", "another version of YAML", "leave this line out"),
    (r"end of stream|document indicator", "the quote that opens here is never closed", "close it"),
    (r"expected ':'", "a colon is missing behind this key",
     "write key: value; what goes on with a text is indented further than its key"),
)  # fmt: skip
"""A part of what the parsers say, what is said instead, and a hint. Both parsers are known here:
libyaml and, where it is missing, the one in Python."""
_OPENED = re.compile(r"',' or '(.)'")
_UNSTARTED = re.compile(
    "cannot start any token|scanning an? (alias|anchor)|(parsing|scanning) a (tag|node|directive)"
    "|mapping keys are not allowed"
)
_VALUE = re.compile(r"([ ]*(?:- +)*)([\w-]+: +)([^\s\"'{\[>|&*#-].*)")
"""A key and its value that are alone in a line; no list, mapping or quoted text."""
_KEYED = re.compile(r":( |$)|^\s*(#|$)")
_AT_ITS_BEGINNING = re.compile(
    "end of stream|document indicator|expected ':'|scanning an? (alias|anchor|directive)"
)


def slip(error: MarkedYAMLError, text: str) -> Finding:
    """What is said of the place at which a parser could not go on."""
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    if _AT_ITS_BEGINNING.search(said) and error.context_mark is not None:
        mark = error.context_mark
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    lines = [*text.split("\n", line + 1)[: line + 1], ""]
    if "mapping values" in said:
        line, column, message, hint = _colon(lines, line, column)
    elif opened := _OPENED.search(said):
        at = f" opened in line {error.context_mark.line + 1}" if error.context_mark else ""
        message = f"a comma is missing before this, or the {opened[1]} that ends what was{at}"
        hint = "add it"
    else:
        message, hint = _told(said, lines[line], column)
    return Finding("error", line + 1, column + 1, message, hint)


def _colon(lines: list[str], line: int, column: int) -> tuple[int, int, str, str]:
    """A colon where no key can stand, or a line before it that was meant to have one."""
    if ": " in lines[line][:column]:
        return line, column, "a second colon in one line", _COLON
    if column > _LONGEST_KEY:
        return line, 0, f"a key is longer than {_LONGEST_KEY:,} characters", "write a name"
    before = lines[line - 1] if line else ""
    if before.strip() and not _KEYED.search(before):
        begins = len(before) - len(before.lstrip())
        return line - 1, begins, "no key with a colon and a space behind it", "write key: value"
    return line, column, "this line is indented too far", _INDENT


def _told(said: str, written: str, column: int) -> tuple[str, str]:
    if "parsing a block mapping" in said and ("expected key" in said or "block end" in said):
        return _astray(written, column)
    for pattern, message, hint in _SLIPS:
        if re.search(pattern, said):
            return message, hint
    if not _UNSTARTED.search(said):
        return f"this is not YAML: {said.strip()}", _QUOTES
    if written[column : column + 1] == "\t":
        return "a line that begins with a tab", "use spaces"
    return f"no text may begin with {written[column : column + 1].strip() or 'this'}", _QUOTES


def _astray(written: str, column: int) -> tuple[str, str]:
    """Something where a line, or a key, should have ended or begun."""
    before = written[:column].rstrip()
    if (sign := written[column : column + 1]) in ("]", "}"):
        return f"a {sign} that closes nothing", "leave it out"
    if before.endswith(('"', "'", "]", "}")):
        message = f"the text ended with the {before[-1]} before this"
        return message, f'{_QUOTES}, and write \\" for a quote in it'
    return "this line is indented otherwise than those it belongs to", _INDENT


def mended(told: Finding, text: str) -> str | None:
    """The text with double quotes where a slip asks for them, so that the rest of it can be read;
    None where quotes would not do."""
    lines = text.split("\n")
    found = _VALUE.fullmatch(lines[told.line - 1]) if told.line <= len(lines) else None
    if found is None or "double quotes" not in told.hint:
        return None
    after = next((line for line in lines[told.line :] if line.strip()), "")
    if len(after) - len(after.lstrip()) > len(found[1]):
        return None  # the text goes on there
    value = found[3].replace("\\", "\\\\").replace('"', '\\"')
    lines[told.line - 1] = f'{found[1]}{found[2]}"{value}"'
    return "\n".join(lines)
