"""`triage rules backtest`: what another rule set would have done with past calls."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triage.domain.errors import InvalidCall, RuleFileError, TriageError
from triage.entrypoints.commands.rules import fail, read_vocabulary, text_of

if TYPE_CHECKING:
    # Numbers and pictures are slow to import, and most commands need neither.
    from triage.domain.backtest import Backtest
    from triage.domain.facts import Vocabulary
    from triage.domain.history import History
    from triage.domain.ruleset import RuleSet
    from triage.entrypoints.commands.backtest_sources import NotACall
    from triage.services.backtests import Past

SHOWN = 20
"""Calls that cannot be used, told one by one."""
PICTURES = (".png", ".svg")
_File = click.Path(exists=True, dir_okay=False, path_type=Path)
_NewFile = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("new", type=_File)
@click.option(
    "--against",
    "old",
    type=_File,
    help="The old rules. Needed with --calls; with --database those that are live if left out.",
)
@click.option("--calls", type=_File, help="Past calls, one JSON object a line, or CSV with --map.")
@click.option("--map", "map_", metavar="MAP", help="What the columns of a CSV file mean.")
@click.option("--database", is_flag=True, help="The center's own past calls.")
@click.option("--vocabulary", type=_File, help="The call facts. Default: beside the rules.")
@click.option("--by", multiple=True, metavar="FACT", help="Compare groups by this answer.")
@click.option("--csv", "csv_", type=_NewFile, help="Write a line for each call that moves.")
@click.option("--json", "json_", type=_NewFile, help="Write everything that is counted.")
@click.option("--plot", type=_NewFile, help="Draw it: a file name that ends in .png or .svg.")
@click.pass_context
def backtest(ctx: click.Context, /, **given: Any) -> None:
    """Try the rule set NEW on past calls and say who would move where.

    Calls that would get less than they do now come first. Nothing is stored and nobody is paged.
    Exit status 2, with an explanation, for what is not a rule set or not a call; the other calls
    are still compared.

    \b
    Examples:
      triage rules backtest new.yaml --against rules/county-default.yaml --calls calls.jsonl
      triage rules backtest new.yaml --database --csv moved.csv --plot moved.png
      triage --demo rules backtest new.yaml --database
      triage rules backtest new.yaml --against old.yaml --calls cad.csv --map alexandria
    """
    try:
        _check(given)
        refused = _run(ctx.obj, given)
    except RuleFileError as error:
        fail(*(f"triage rules backtest: {finding}" for finding in error.findings))
    except TriageError as error:
        fail(f"triage rules backtest: {error}")
    if refused and not given["database"] and not given["map_"]:
        sys.exit(2)


def _check(given: dict[str, Any]) -> None:
    """Raises TriageError for options that do not go together, before anything is read."""
    if given["database"] is (given["calls"] is not None):
        raise TriageError("say where the past calls are: either --calls FILE or --database")
    if given["map_"] and given["database"]:
        raise TriageError("--map says what a CSV file means: it goes with --calls")
    if given["old"] is None and not given["database"]:
        raise TriageError("name the old rules with --against; only --database knows live ones")
    if given["plot"] and given["plot"].suffix.lower() not in PICTURES:
        raise TriageError("the picture's name ends in .png or .svg")
    for file in filter(None, (given["csv_"], given["json_"], given["plot"])):
        if not file.absolute().parent.is_dir():
            raise TriageError(f"{file}: there is no folder {file.parent}")


def _run(tools: Any, given: dict[str, Any]) -> int:
    """Compare, tell, write. Returns how many calls could not be used."""
    from triage.domain.backtest import Backtest
    from triage.domain.column_decisions import ColumnRules
    from triage.domain.history import History
    from triage.entrypoints.commands import backtest_table
    from triage.services.backtests import LABELS

    vocabulary = _vocabulary(tools, given)
    new = _rules(tools, given["new"], vocabulary)
    old = _rules(tools, given["old"], vocabulary)
    for name in (name for name in given["by"] if name not in LABELS):
        fact = vocabulary.facts.get(name)
        if fact is None or fact.type not in ("yes_no", "choice"):
            raise TriageError(f"--by {name}: there is no such question with answers to choose from")
    history = History(vocabulary)
    refused = _read_calls(tools, given, history)
    if not history.rows:
        raise TriageError("there are no calls to compare")
    if unsaid := [name for name in given["by"] if name in {*LABELS} - history.labels.keys()]:
        raise TriageError(f"--by {unsaid[0]}: no call says its {unsaid[0]}")
    compared = Backtest(history, ColumnRules(old).decide(history), ColumnRules(new).decide(history))
    # Labels are told in any case.
    groups = tuple(name for name in given["by"] if name not in LABELS)
    groups = groups if given["by"] else backtest_table.usual_groups(compared)
    click.echo("\n".join(backtest_table.lines(compared, groups)))
    if refused:
        left_out = (
            "call could not be used and is" if refused == 1 else "calls could not be used and are"
        )
        click.echo(f"\n{refused:,} {left_out} left out.")
    _write(compared, groups, given)
    return refused


def _write(compared: "Backtest", groups: tuple[str, ...], given: dict[str, Any]) -> None:
    from triage.entrypoints.commands import backtest_files as files

    try:
        if given["csv_"]:
            files.write_csv(compared, given["csv_"])
        if given["json_"]:
            files.write_json(compared, groups, given["json_"])
        if given["plot"]:
            from triage.entrypoints.commands.backtest_plot import draw

            draw(compared, given["plot"])
    except OSError as error:
        raise TriageError(f"{error.filename}: cannot be written: {error.strerror}") from None


def _vocabulary(tools: Any, given: dict[str, Any]) -> "Vocabulary":
    """That of the centre when its calls are read, unless another one is named."""
    if given["database"] and given["vocabulary"] is None:
        vocabulary: Vocabulary = tools.context().centre.vocabulary
        return vocabulary
    return read_vocabulary(tools.rule_reader, given["new"], given["vocabulary"])


def _rules(tools: Any, file: Path | None, vocabulary: "Vocabulary") -> "RuleSet":
    """The rule set of a file, or the live one."""
    rules: RuleSet
    if file is None:
        from triage.services import rule_sets

        context = tools.context()
        with context.reading() as uow:
            text = rule_sets.live_version(uow, context.centre.policy.rule_set).yaml
        rules = tools.rule_reader.read_published(text, vocabulary)
        return rules
    try:
        rules = tools.rule_reader.read_rule_set(text_of(file), vocabulary)
    except RuleFileError as error:
        told = "\n".join(f"{file}:{finding}" for finding in error.findings)
        raise TriageError(told) from None
    return rules


def _read_calls(tools: Any, given: dict[str, Any], history: "History") -> int:
    """Put the past calls down. Returns how many could not be used; the first are named."""
    refused = 0
    source, length = _source(tools, given)
    with click.progressbar(length=length, label="Reading past calls", file=sys.stderr) as bar:
        for past in source(bar.update):
            if told := _put_down(history, past):
                refused += 1
                if refused <= SHOWN:
                    click.echo(f"triage rules backtest: {told}", err=True)
    return refused


def _put_down(history: "History", past: "Past | NotACall") -> str:
    """Add the call to the history, or say why it cannot be used."""
    if isinstance(past, TriageError):
        return str(past)
    try:
        call = history.vocabulary.read_call(past.raw)
    except InvalidCall as error:
        return f"{past.reference}: {error}"
    zone = call.asked.get("zone")
    stated = {"zone": zone} if isinstance(zone, str) else {}
    history.add(call, past.reference, stated | dict(past.labels), past.at)
    return ""


def _source(
    tools: Any, given: dict[str, Any]
) -> tuple[Callable[[Callable[[int], None]], Iterator["Past | NotACall"]], int]:
    """Where the calls come from, and how many bytes or calls there are to read."""
    from triage.entrypoints.commands import backtest_sources as sources
    from triage.services import backtests

    if given["database"]:
        context = tools.context()
        with context.reading() as uow:
            return lambda advance: sources.from_database(context, advance), backtests.count(uow)
    file: Path = given["calls"]
    size = file.stat().st_size
    if not given["map_"]:
        return lambda advance: sources.from_lines(file, advance), size
    vocabulary = read_vocabulary(tools.rule_reader, given["new"], given["vocabulary"])
    mapping = sources.read_map(given["map_"], vocabulary)
    return lambda advance: sources.from_rows(file, mapping, advance), size
