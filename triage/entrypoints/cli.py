"""`triage`: what an operator types."""
# ruff: noqa: E402 -- nothing is collected while modules are loaded

import gc

gc.disable()  # they all stay: to look for garbage among them again and again is a tenth of a start

import errno
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import click
from flask import Flask

from triage.context import AppContext
from triage.domain.errors import TriageError
from triage.domain.ports import RuleReader
from triage.entrypoints.commands import (
    audit,
    backtest,
    database,
    figures,
    habits,
    operating,
    people,
    phone,
    publish,
    replay,
    retention,
    rules,
    watching,
)
from triage.entrypoints.demo import environment_of
from triage.settings import ROOT, Settings, SettingsError, read_settings

gc.enable()


@dataclass
class Tools:
    """What a command works with, made when it is first asked for: `assess` needs no database."""

    demo: Path | None = None
    """The folder of a demo that commands act on, instead of what the environment names."""
    _made: dict[str, AppContext] = field(default_factory=dict)

    @property
    def rule_reader(self) -> RuleReader:
        from triage.app import rule_reader

        return rule_reader()

    def environment(self) -> dict[str, str]:
        from triage.app import environment

        return environment() if self.demo is None else environment_of(self.demo, environment())

    def prepared(self, environ: dict[str, str] | None = None) -> AppContext:
        """A context whose tables are up to date and whose shipped rule sets are published."""
        from triage.app import build_context, prepare

        context = build_context(read_settings(environ or self.environment()))
        prepare(context)
        return context

    def web_app(self, context: AppContext) -> Flask:
        from triage.app import create_app

        return create_app(context)

    def context(self) -> AppContext:
        """The checked context of a database that is up to date. Raises SettingsError."""
        if "ready" not in self._made:
            from triage.app import build_context, check_database

            context = build_context(self._settings())
            check_database(context)
            self._made["ready"] = context
        return self._made["ready"]

    def context_at_home(self) -> AppContext:
        """The same, for whoever reaches people: not with a copy of another's database."""
        from triage.app import check_home

        context = self.context()
        check_home(context)
        return context

    def check_authorities(self, context: AppContext) -> None:
        from triage.app import check_authorities

        check_authorities(context.settings)

    def _settings(self) -> Settings:
        environ = self.environment()
        try:
            return read_settings(environ)
        except SettingsError as error:
            if any(value for name, value in environ.items() if name.startswith("TRIAGE_")):
                raise
            hint = "For the demo's own database: triage --demo ..., as in triage --demo calls."
            raise SettingsError(f"{error}\n{hint}") from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="triage")
@click.option("--demo", "of_demo", is_flag=True, help="Act on the demo's database in var/.")
@click.pass_context
def cli(ctx: click.Context, of_demo: bool) -> None:
    """Crisis call triage and co-responder dispatch."""
    ctx.obj = Tools(ROOT / "var" if of_demo else None)


for command in (
    *operating.COMMANDS,
    *watching.COMMANDS,
    *database.COMMANDS,
    audit.audit,
    rules.assess,
    rules.rules,
    people.users,
    phone.phone,
    replay.replay,
    figures.figures,
    habits.habits,
    retention.retention,
):
    cli.add_command(command)
rules.rules.add_command(publish.publish)
rules.rules.add_command(backtest.backtest)

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def main() -> None:
    gc.freeze()
    try:
        cli()
    except TriageError as error:
        click.echo(f"triage: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        click.echo(f"triage: the output could not be written: {error.strerror}", err=True)
        # What is still held back would fail again while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)


if __name__ == "__main__":
    main()
