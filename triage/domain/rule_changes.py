"""What differs between two versions of a rule set, for whoever has to approve it."""

from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from typing import Literal

from triage.domain.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a comparison; `number` is its place in the new text, 0 for what is gone."""

    kind: Literal["added", "removed", "same", "gap"]
    number: int
    text: str


Kind = Literal["added", "removed", "same"]


@dataclass(frozen=True, slots=True)
class DiffWords:
    """Some words of a sentence that stay, go or come."""

    kind: Kind
    text: str


_ALIKE = 0.4
"""Of two sentences that have less in common, each is read for itself."""


def changed_words(before: str, after: str) -> tuple[DiffWords, ...]:
    """One sentence with the words that go where the words that come stand."""
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    pieces: list[tuple[Kind, list[str]]] = [("removed", old), ("added", new)]
    if matcher.ratio() >= _ALIKE:
        pieces = []
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                pieces.append(("same", old[a:b]))
            else:
                pieces += [("removed", old[a:b]), ("added", new[c:d])]
    return tuple(DiffWords(kind, " ".join(words)) for kind, words in pieces if words)


def changed_rules(before: RuleSet, after: RuleSet) -> list[str]:
    """The ids of rules that are new, gone or different; what is gone comes last."""
    ids = dict.fromkeys((*after.rule, *before.rule))
    return [key for key in ids if before.rule.get(key) != after.rule.get(key)]


def changed_lines(before: str, after: str) -> tuple[DiffLine, ...]:
    """The lines that differ, each with three lines around it."""
    # keepends off: a last line without its line break is no difference to a rule set.
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm=""))[2:]
    number, shown = 0, []
    for line in lines:
        sign, text = line[:1], line[1:]
        if line.startswith("@@"):
            number = int(line.split("+")[1].split(" ")[0].split(",")[0])
            shown.append(DiffLine("gap", number, ""))
        elif sign == "-":
            shown.append(DiffLine("removed", 0, text))
        else:
            shown.append(DiffLine("added" if sign == "+" else "same", number, text))
            number += 1
    return tuple(shown)
