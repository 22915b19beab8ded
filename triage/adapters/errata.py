"""What is wrong with one file, gathered while it is read."""

from typing import NoReturn

from triage.domain.errors import Finding, RuleFileError

MOST_FINDINGS = 100


class Errata:
    """All that is told of a file.

    With MOST_FINDINGS errors the reading ends: RuleFileError tells what was found so far. Nobody
    mends more at once, and a file that is wrong in every line must not cost more than a good one.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._errors = 0

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._errors += finding.severity == "error"
        if self._errors >= MOST_FINDINGS:
            raise RuleFileError(self.by_place())

    def forget(self, after: int) -> None:
        """Take back all but so many findings: what they are of is read anew."""
        taken = self.findings[after:]
        del self.findings[after:]
        self._errors -= sum(finding.severity == "error" for finding in taken)

    def stop(self, finding: Finding) -> NoReturn:
        """End with an error after which nothing else can be read, or is worth it."""
        self.findings.append(finding)
        raise RuleFileError(self.by_place())

    def by_place(self) -> tuple[Finding, ...]:
        """Each finding once, in the order in which a person meets them in the file."""
        return tuple(dict.fromkeys(sorted(self.findings, key=lambda one: (one.line, one.column))))

    @property
    def has_errors(self) -> bool:
        return self._errors > 0
