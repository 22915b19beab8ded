"""`triage assess` and `triage rules check`: rule sets at work, without a database."""

import re
import sys
from pathlib import Path
from typing import IO, NoReturn

import click

from triage.domain.assessment import assess as assess_call
from triage.domain.call_reading import decode_call
from triage.domain.errors import Finding, InvalidCall, Problem, RuleFileError, TriageError
from triage.domain.facts import Vocabulary
from triage.domain.ports import RuleReader
from triage.domain.rule_text import decoded
from triage.domain.ruleset import RuleSet
from triage.settings import ROOT

SHIPPED_VOCABULARY = ROOT / "rules" / "vocabulary.yaml"
"""For a rule file that has no vocabulary beside it."""
MOST_BYTES = 1_000_000
"""Of one call. The longest narrative in the widest characters fits several times over."""
MOST_READ = 2 * 1024 * 1024
"""Of a rule file, the reader's own limit and as much again; the file may be anything."""
_IS_VOCABULARY = re.compile(r"\A(?!.*^(rule_set|rules):).*^facts:", re.MULTILINE | re.DOTALL)
_File = click.Path(exists=True, dir_okay=False, path_type=Path)
_vocabulary = click.option(
    "--vocabulary", type=_File, help="The call facts. Default: vocabulary.yaml beside the rules."
)


@click.command()
@click.option("--rules", "rules_file", type=_File, required=True, help="The rule set.")
@_vocabulary
@click.option("--lines", is_flag=True, help="One call per line; wrong ones are told and left out.")
@click.argument("call", type=click.File("rb"))
@click.pass_context
def assess(
    ctx: click.Context,
    rules_file: Path,
    vocabulary: Path | None,
    lines: bool,
    call: IO[bytes],
) -> None:
    """Assess the CALL in a JSON file, or - for standard input. Needs no database.

    A call is {"facts": {...}, "narrative": "...", "situation": {...}}, all optional. Prints one
    JSON object per call. Exit status 2, with an explanation on standard error, for what is not a
    call or not a rule set. With --lines the other calls are still assessed: one that is no
    call has no line in the output, and its number is told. Empty lines are passed over.

    \b
    Examples:
      triage assess --rules rules/county-default.yaml call.json
      echo '{"facts": {"weapon": "in_hand"}}' | triage assess --rules rules/county-default.yaml -
      triage assess --rules rules/county-default.yaml --lines calls.jsonl > decisions.jsonl
    """
    try:
        rule_set = _read_rule_set(ctx.obj.rule_reader, rules_file, vocabulary)
    except RuleFileError as error:
        fail(*(f"{rules_file}:{finding}" for finding in error.findings))
    except TriageError as error:
        fail(str(error))
    failed = False
    for number, text in enumerate(call, start=1) if lines else [(0, call.read())]:
        if lines and not text.strip():
            continue
        try:
            click.echo(_assessed(rule_set, text))
        except InvalidCall as error:
            failed = True
            where = f"line {number}: " if lines else ""
            for problem in error.problems:
                click.echo(f"triage assess: {where}{problem}", err=True)
    if failed:
        sys.exit(2)


@click.group()
def rules() -> None:
    """Rule sets: check what they say, publish one, try one on past calls."""


@rules.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@_vocabulary
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], vocabulary: Path | None) -> None:
    """Print everything that is wrong, or worth a look, in rule sets and vocabularies.

    One finding per line: file:line:column: error: message (hint). Exit status 2 when there are
    errors, 0 when there are only warnings or nothing. Where no vocabulary is named and none stands
    beside a file, the shipped one is used, which is said on standard error.

    \b
    Examples:
      triage rules check rules/county-default.yaml
      triage rules check rules/*.yaml
    """
    failed = False
    for file in files:
        findings = _findings(ctx.obj.rule_reader, file, vocabulary)
        for finding in findings:
            click.echo(f"{file}:{finding}")
        if not findings:
            click.echo(f"{file}: no findings")
        failed = failed or any(finding.severity == "error" for finding in findings)
    if failed:
        sys.exit(2)


def _assessed(rule_set: RuleSet, text: bytes) -> bytes:
    """The line to print, in UTF-8 whatever the terminal is set to."""
    if len(text) > MOST_BYTES:
        raise InvalidCall([Problem("", f"a call has at most {MOST_BYTES:,} bytes")])
    call = rule_set.vocabulary.read_call(decode_call(text))
    return assess_call(rule_set, call).canonical_json().encode()


def _read_rule_set(reader: RuleReader, file: Path, vocabulary: Path | None) -> RuleSet:
    return reader.read_rule_set(text_of(file), read_vocabulary(reader, file, vocabulary))


def read_vocabulary(reader: RuleReader, beside: Path, vocabulary: Path | None) -> Vocabulary:
    """Raises TriageError when the vocabulary itself is at fault, so that its name is told."""
    file = vocabulary or beside_or_shipped(beside)
    try:
        return reader.read_vocabulary(text_of(file))
    except RuleFileError as error:
        told = "\n".join(f"{file}:{finding}" for finding in error.findings)
        raise TriageError(told) from None


def beside_or_shipped(rules_file: Path) -> Path:
    """The vocabulary of a rule file where nobody names one."""
    file = rules_file.parent / "vocabulary.yaml"
    return file if file.exists() else SHIPPED_VOCABULARY


def text_of(file: Path) -> str:
    """The file's text, line ends as they are. Raises TriageError, RuleFileError."""
    try:
        with file.open("rb") as stream:
            read = stream.read(MOST_READ + 1)
        if len(read) > MOST_READ:
            message = f"the file has more than {MOST_READ:,} bytes"
            raise RuleFileError([Finding("error", 1, 1, message, "no rule set has")])
        return decoded(read)
    except OSError as error:
        raise TriageError(f"{file}: cannot be read: {error.strerror}") from None


def _findings(reader: RuleReader, file: Path, vocabulary: Path | None) -> tuple[Finding, ...]:
    try:
        text = text_of(file)
        if _IS_VOCABULARY.match(text):
            reader.read_vocabulary(text)
            return ()
        if vocabulary is None and not (file.parent / "vocabulary.yaml").exists():
            used = SHIPPED_VOCABULARY
            told = f"{file}: no vocabulary.yaml stands beside it, so it is read with {used}"
            click.echo(told, err=True)
        findings = reader.check_rule_set(text, read_vocabulary(reader, file, vocabulary))
    except RuleFileError as error:
        return error.findings
    except TriageError as error:
        fail(str(error))
    name = re.search(r"^rule_set: *[\"']?([^\s\"']*)", text, re.MULTILINE)
    if name and name[1] != file.stem:
        hint = f"the file is called {file.name}"
        renamed = Finding("warning", 1, 1, f"the rule set is called {name[1]}", hint)
        return (renamed, *findings)
    return findings


def fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(2)
