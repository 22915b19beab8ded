"""The rule reader: vocabulary and rule-set files as the supervisor writes them."""

from triage.adapters.node_reading import Notebook
from triage.adapters.rule_set_reading import read_rule_set
from triage.adapters.strict_yaml import read_yaml
from triage.adapters.vocabulary_reading import read_vocabulary
from triage.domain.errors import Finding, RuleFileError
from triage.domain.facts import Vocabulary
from triage.domain.rule_checks import check
from triage.domain.ruleset import RuleSet


class RuleFiles:
    """Reads YAML. Implements `ports.RuleReader`."""

    def read_vocabulary(self, text: str) -> Vocabulary:
        """Raises RuleFileError with all findings at once."""
        return read_vocabulary(text, read_yaml(text))

    def read_rule_set(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        """Raises RuleFileError with all findings at once, warnings among them.

        A rule set whose examples do not hold does not load.
        """
        rule_set, findings = self._read(text, vocabulary)
        if rule_set is None:
            raise RuleFileError(findings)
        return rule_set

    def check_rule_set(self, text: str, vocabulary: Vocabulary) -> tuple[Finding, ...]:
        """Everything there is to say about a rule set, errors and warnings, by place."""
        try:
            return self._read(text, vocabulary)[1]
        except RuleFileError as error:
            return error.findings

    def _read(
        self, text: str, vocabulary: Vocabulary
    ) -> tuple[RuleSet | None, tuple[Finding, ...]]:
        notebook = Notebook()
        rule_set = read_rule_set(text, read_yaml(text), vocabulary, notebook)
        if rule_set is not None:
            notebook.findings.extend(check(rule_set, complete=not notebook.has_errors))
        findings = tuple(sorted(notebook.findings, key=lambda one: (one.line, one.column)))
        return (None if notebook.has_errors else rule_set), findings
