"""`triage users`: accounts and tokens, for the operator at the machine."""

import sys

import click

from triage.context import AppContext
from triage.domain.errors import NotFound
from triage.services import api_tokens, people
from triage.services.api_tokens import SCOPES
from triage.services.people import ROLES
from triage.storage.people import Account
from triage.storage.unit_of_work import UnitOfWork

_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of the input."
)


@click.group()
def users() -> None:
    """Accounts of people, and tokens of programs.

    \b
    Examples:
      triage users add j.rivera --name "J. Rivera" --role dispatcher
      pass show triage/j.rivera | triage users password j.rivera --password-stdin
      triage users tokens add cad-export --scope calls:write
    """


@users.command()
@click.argument("username")
@click.option("--name", required=True, help="As colleagues shall read it.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@_stdin
@click.pass_context
def add(ctx: click.Context, username: str, name: str, role: str, password_stdin: bool) -> None:
    """Open an account."""
    context, password = _context(ctx), _password(password_stdin)
    context.do(
        "operator",
        lambda uow: people.add_account(uow, context.centre, username, name, role, password),
    )
    click.echo(f"{username.strip().lower()} may sign in as {role}.")


@users.command("list")
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """Show all accounts."""
    with _context(ctx).reading() as uow:
        for account in people.accounts(uow):
            resting = account.locked_until and account.locked_until > uow.now
            state = "closed" if account.disabled_at else "resting" if resting else "open"
            click.echo(f"{account.username:<32} {account.role:<14} {state:<8} {account.name}")


@users.command()
@click.argument("username")
@_stdin
@click.pass_context
def password(ctx: click.Context, username: str, password_stdin: bool) -> None:
    """Set a new password. A lock is lifted; everywhere the account is signed in ends."""
    context, new = _context(ctx), _password(password_stdin)
    context.do(
        "operator",
        lambda uow: people.set_password(uow, context.centre, _account(uow, username), new),
    )
    click.echo(f"{username} has a new password.")


@users.command()
@click.argument("username")
@click.pass_context
def disable(ctx: click.Context, username: str) -> None:
    """Close an account: whoever uses it is signed out at once."""
    _context(ctx).do("operator", lambda uow: people.disable(uow, _account(uow, username)))
    click.echo(f"{username} is closed.")


@users.group()
def tokens() -> None:
    """Bearer tokens for programs that use the API."""


@tokens.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable."
)
@click.pass_context
def add_token(ctx: click.Context, name: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it. It can be read only this once."""
    click.echo(_context(ctx).do("operator", lambda uow: api_tokens.add(uow, name, scopes)))


@tokens.command("revoke")
@click.argument("name")
@click.pass_context
def revoke_token(ctx: click.Context, name: str) -> None:
    """End a token at once."""
    _context(ctx).do("operator", lambda uow: api_tokens.revoke(uow, name))
    click.echo(f"{name} opens nothing any more.")


def _context(ctx: click.Context) -> AppContext:
    context: AppContext = ctx.obj.context()
    return context


def _password(from_stdin: bool) -> str:
    """Never an argument: those stand in the shell's history and in the list of processes."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _account(uow: UnitOfWork, username: str) -> Account:
    if (account := people.find_account(uow, username)) is None:
        raise NotFound(f"there is no account {username}")
    return account
