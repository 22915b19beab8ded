"""`triage phone`: does a text leave, does a telephone ring?"""

import time
from uuid import UUID

import click

from triage.context import AppContext
from triage.domain.errors import Refused
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import hand_over
from triage.services import phone_trials
from triage.services.phone_trials import Became

_ACTOR = "operator"
_LOOK_EVERY_S = 0.2
_TRIED = {"sms": "text", "voice": "call"}


@click.group()
def phone() -> None:
    """The telephone network."""


@phone.command(epilog="Example: triage phone test +15550100199 --ring")
@click.argument("number")
@click.option("--ring", is_flag=True, help="Ring the number too, and say that it is a test.")
@click.option(
    "--wait",
    "wait_s",
    default=30,
    show_default=True,
    type=click.IntRange(0, 600),
    help="Seconds to wait for the provider's report of what became of each.",
)
@click.pass_context
def test(ctx: click.Context, number: str, ring: bool, wait_s: int) -> None:
    """Send one test text to NUMBER through the provider, and tell what it says to it.

    The number need not be verified: this is how one finds out. Each trial is in the audit trail.
    No worker is needed. That reports come, and what a call says, needs `triage serve` at the
    public address. Exit 1 unless the provider took everything.
    """
    context: AppContext = ctx.obj.context_at_home()
    if context.settings.twilio is None:
        raise Refused("TRIAGE_SMS is simulator: no telephone is reached, so none can be tried.")
    channels = ("sms", "voice") if ring else ("sms",)
    taken = [_try(context, number, channel, wait_s) for channel in channels]
    ctx.exit(0 if all(taken) else 1)


def _try(context: AppContext, number: str, channel: str, wait_s: int) -> bool:
    """Hand it over and tell what was said. Was it taken?"""
    centre, what = context.centre, _TRIED[channel]
    claimed = context.do(_ACTOR, lambda uow: phone_trials.start(uow, centre, number, channel))
    outcome = hand_over(context.phone, claimed.sms)
    context.do(_ACTOR, lambda uow: phone_trials.settle(uow, centre, claimed, outcome))
    now = _became(context, claimed.id)
    if now.state is MessageState.UNKNOWN:
        click.echo(f"{what}: IN DOUBT, the line broke: it may have been taken. Look at the phone.")
    elif now.provider_id is None:
        click.echo(f"{what}: REFUSED: {now.why}")
    else:
        click.echo(f"{what}: taken by the provider as {now.provider_id}")
        click.echo(f"{what}: {_reported(context, claimed.id, wait_s)}")
    return now.provider_id is not None


def _reported(context: AppContext, key: UUID, wait_s: int) -> str:
    until = time.monotonic() + wait_s
    while (now := _became(context, key)).state is MessageState.SENT and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
    if now.state is MessageState.DELIVERED:
        return "reported as arrived"
    if now.state is MessageState.UNDELIVERED:
        return f"DID NOT ARRIVE: {now.why}"
    address = context.settings.public_url
    return f"no report within {wait_s} s: does `triage serve` answer the provider at {address}?"


def _became(context: AppContext, key: UUID) -> Became:
    with context.reading() as uow:
        return phone_trials.became(uow, key)
