"""Where the rules of a file stand: read line by line, so that it is known of a text that does not
load, too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_KEY = re.compile(r"([a-z_]+):")
_HEADING = re.compile(r"\s*#\s*[=-]{2}")
_ID = re.compile(r"\s*(?:-\s*)?(?:\{\s*)?id:\s*[\"']?([\w-]+)")
_BECAUSE = re.compile(r"\s+because:\s*(.+)")


@dataclass
class OutlinedRule:
    """line -- counted from 1; because -- its reason where that stands on one line, else ""."""

    id: str
    line: int
    because: str = ""


@dataclass
class Section:
    """A key of the file, or what stands under a heading among its rules: `# ==== 1. ... ====`."""

    title: str
    line: int
    rules: list[OutlinedRule] = field(default_factory=list)


def outline(text: str) -> list[Section]:
    """The parts of a rule file in its order; only those of `rules` have rules."""
    found: list[Section] = []
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        if at_margin := _KEY.match(line):
            key = at_margin[1]
            found.append(Section(key, number))
        elif key == "rules":
            if _HEADING.match(line):
                found.append(Section(line.strip("#=- "), number))
            elif rule := _ID.match(line):
                found[-1].rules.append(OutlinedRule(rule[1], number))
            elif found[-1].rules and (because := _BECAUSE.match(line)):
                found[-1].rules[-1].because = because[1].strip("\"' ")
    return found


def named_in(words: str, sections: Sequence[Section]) -> list[OutlinedRule]:
    """The rules whose ids stand in a sentence, in the order of the file."""
    said = set(re.findall(r"[\w-]+", words))
    return [rule for section in sections for rule in section.rules if rule.id in said]
