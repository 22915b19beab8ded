"""The rule reader: vocabulary and rule-set files as the supervisor writes them."""

from functools import lru_cache

from triage.adapters.node_reading import Notebook
from triage.adapters.rule_set_reading import read_rule_set
from triage.adapters.strict_yaml import read_yaml
from triage.adapters.vocabulary_reading import read_vocabulary
from triage.domain.errors import Finding, RuleFileError
from triage.domain.facts import Vocabulary
from triage.domain.rule_checks import check
from triage.domain.ruleset import RuleSet


@lru_cache(maxsize=2)
def _read_vocabulary(text: str) -> Vocabulary:
    """Each text once: the shipped one has hundreds of facts and answers."""
    notebook = Notebook()
    return read_vocabulary(text, read_yaml(text, notebook), notebook)


class RuleFiles:
    """Reads YAML. Implements `ports.RuleReader`."""

    def read_vocabulary(self, text: str) -> Vocabulary:
        """Raises RuleFileError with all findings at once."""
        return _read_vocabulary(text)

    def read_rule_set(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        """Raises RuleFileError with all findings at once, warnings among them.

        A rule set whose examples do not hold does not load.
        """
        notebook = Notebook()
        rule_set = self._checked(text, vocabulary, notebook)
        return _loaded(rule_set, notebook)

    def read_published(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        """A rule set that was checked before it was published: read, not checked once more.

        Raises RuleFileError where the vocabulary no longer has what it names.
        """
        notebook = Notebook()
        rule_set, _ = read_rule_set(text, read_yaml(text, notebook), vocabulary, notebook)
        return _loaded(rule_set, notebook)

    def check_rule_set(self, text: str, vocabulary: Vocabulary) -> tuple[Finding, ...]:
        """Everything there is to say about a rule set, errors and warnings, by place."""
        notebook = Notebook()
        try:
            self._checked(text, vocabulary, notebook)
        except RuleFileError as error:
            return error.findings
        return notebook.by_place()

    def _checked(self, text: str, vocabulary: Vocabulary, notebook: Notebook) -> RuleSet | None:
        rule_set, unread = read_rule_set(text, read_yaml(text, notebook), vocabulary, notebook)
        if rule_set is not None:
            for finding in check(rule_set, unread):
                notebook.add(finding)
        return rule_set


def _loaded(rule_set: RuleSet | None, notebook: Notebook) -> RuleSet:
    if rule_set is None or notebook.has_errors:
        raise RuleFileError(notebook.by_place())
    return rule_set
