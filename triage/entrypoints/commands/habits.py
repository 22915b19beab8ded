"""`triage habits`: what the order of the questions was learned from."""

import click

from triage.context import AppContext
from triage.domain.policy import Policy
from triage.entrypoints.counting import count_now
from triage.services import habits as service


@click.command(epilog="Example: triage habits; triage habits --count-now")
@click.option("--count-now", "now", is_flag=True, help="Count at once, not only once a day.")
@click.pass_context
def habits(ctx: click.Context, now: bool) -> None:
    """Show what callers usually answer, as far as the order of the questions rests on it.

    The worker counts once a day. Counts over many calls, nothing about any one; what fewer than
    five calls answered is left out. No decision depends on it. To switch it off set
    order_by_history to false in the settings file and start web and worker anew.
    """
    context: AppContext = ctx.obj.context()
    policy = context.centre.policy
    if now:
        count_now(context)
    with context.reading() as uow:
        row = service.newest(uow)
        if row is None:
            click.echo(f"{_state(policy, 0)} No calls have been counted yet.")
            return
        at = row.counted_at.astimezone(policy.time_zone)
        click.echo(f"{_state(policy, row.calls)} {row.calls} calls, counted {at:%Y-%m-%d %H:%M %Z}")
        click.echo(f"count {row.sha256}")
        for fact, by_value in row.counts.items():
            total = sum(by_value.values())
            shares = (f"{value} {n / total:.0%}" for value, n in by_value.items())
            click.echo(f"{fact}: {', '.join(shares)} (of {total})")


def _state(policy: Policy, calls: int) -> str:
    """Whether the questions are ordered by history now, and why not."""
    if not policy.order_by_history:
        return "OFF in the settings."
    if calls < policy.history_least_calls:
        return f"Not used: {policy.history_least_calls} calls with answers are needed."
    return "In use."
