"""What can go wrong, as types.

Each error carries text a person can act on. Entrypoints turn them into a page, a problem document
or an exit status; nothing else catches them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class TriageError(Exception):
    """Anything the service refuses or cannot do, said in a person's words."""

    def __str__(self) -> str:
        """The sentence as it was given: it can still be said in another language."""
        return self.args[0] if self.args else ""


class NotFound(TriageError):
    """What was asked for does not exist, or not for this person."""


class Conflict(TriageError):
    """Somebody else changed it first, or it is no longer in the state that was assumed."""


class CommitInDoubt(TriageError):
    """The database broke off while it saved: it may be saved or not. Look before doing it again."""


class OnOneServerOnly(CommitInDoubt):
    """Saved where it was written, but no standby has confirmed it in time."""


class Refused(TriageError):
    """A rule of the service forbids it.

    field -- the form field the message belongs to, where there is one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a call as it was handed in.

    path -- where, e.g. `facts.weapon`; "" for the call as a whole.
    message -- what to change, in a dispatcher's words.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidCall(TriageError):
    """The input is not a call, or not what is to be done with one. `problems` lists all that is
    wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


def refuse_all(problems: Iterable[Problem]) -> None:
    """Raises InvalidCall with all of them, where there is any: each is told at its field."""
    if found := list(problems):
        raise InvalidCall(found)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, or worth a look, in a vocabulary or rule file.

    line, column -- counted from 1.
    hint -- what was probably meant, or "".
    """

    severity: Severity
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.line}:{self.column}: {self.severity}: {self.message}{hint}"


class RuleFileError(TriageError):
    """The text is not a vocabulary or rule set. `findings` lists errors and warnings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
