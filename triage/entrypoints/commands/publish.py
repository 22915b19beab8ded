"""`triage rules publish`: a rule set goes live without the pages, but not without two people."""

import sys
from pathlib import Path

import click

from triage.domain.errors import Refused, RuleFileError
from triage.services import people, rule_sets
from triage.storage.people import Account
from triage.storage.rule_sets import Publication
from triage.storage.unit_of_work import UnitOfWork


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--written-by", required=True, metavar="USERNAME", help="The supervisor who wrote it."
)
@click.option(
    "--approved-by", required=True, metavar="USERNAME", help="Another supervisor, who read it."
)
@click.pass_context
def publish(ctx: click.Context, file: Path, written_by: str, approved_by: str) -> None:
    """Publish the rule set in FILE at once. Two different supervisors answer for it.

    The set that the settings name decides the next call; any other can be tried and compared.

    Exit status 2, with every finding, for a file that is not a rule set or may not be live.

    \b
    Example:
      triage rules publish county-default.yaml --written-by a.ames --approved-by b.brown
    """
    context = ctx.obj.context()

    def work(uow: UnitOfWork) -> Publication:
        text = rule_sets.text_of(file.read_bytes())
        writer, approver = _account(uow, written_by), _account(uow, approved_by)
        return rule_sets.publish_file(uow, context.centre, text, writer, approver)

    try:
        made = context.do("operator", work)
    except RuleFileError as error:
        for finding in error.findings:
            click.echo(f"{file}:{finding}", err=True)
        sys.exit(2)
    said = f"{made.name} {made.of.label} ({made.of.sha256[:12]})"
    deciding = context.centre.policy.rule_set
    if made.name == deciding:
        click.echo(f"{said} is live from now on.")
    else:
        click.echo(f"{said} is published: it can be tried. Calls are decided by {deciding}.")


def _account(uow: UnitOfWork, username: str) -> Account:
    account = people.find_account(uow, username)
    if account is None:
        raise Refused(f"nobody is called {username}")
    return account
