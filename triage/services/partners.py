"""Telling partners that something waits for them, never what is wrong with anybody."""

from collections.abc import Sequence

from sqlalchemy import select

from triage.domain.codes import PARTNERS
from triage.domain.errors import NotFound
from triage.services import referrals, rule_sets
from triage.services.availability import switched_off
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.teams import Partner
from triage.storage.unit_of_work import UnitOfWork


def notify(uow: UnitOfWork, centre: Centre, call: Call, kind: str, what: str) -> None:
    """Text the partner of this kind that serves the call's zone, once for each call, and wait for
    their answer. Where there is none, or it is switched off, the desk is to find somebody.
    """
    if referrals.is_known(uow, call, kind, what):
        return
    off = switched_off(uow)
    partners = uow.once(f"partners:{kind}", lambda uow: _of_kind(uow, kind), of=(Partner,))
    serving = [
        partner
        for partner in partners
        if partner.phone
        and ("partner", str(partner.id)) not in off
        and (not partner.zones or call.zone in partner.zones)
    ]
    partner = min(serving, key=lambda p: (call.zone not in p.zones, p.name), default=None)
    if partner is None:
        uow.audit("notice.no_partner", call, partner=kind)
    else:
        referrals.tell(uow, centre, call, partner, what)
    referrals.owe(uow, centre, call, kind, what, partner)


def kinds(uow: UnitOfWork) -> Sequence[str]:
    """Whom a call can be referred to: those that rules name, and those of the roster."""
    in_use = select(Partner.kind).where(Partner.retired_at.is_(None)).distinct()
    return sorted({*PARTNERS, *uow.session.scalars(in_use)})


def kinds_missing(uow: UnitOfWork, centre: Centre) -> Sequence[str]:
    """What the live rules refer somebody to and no partner of ours is."""
    try:
        rules = rule_sets.live(uow, centre, centre.policy.rule_set)
    except NotFound:  # none is published yet
        return []
    wanted = {notice.partner for rule in rules.rules for notice in rule.plan.notices}
    in_use = select(Partner.kind).where(Partner.retired_at.is_(None))
    return sorted(wanted - set(uow.session.scalars(in_use)))


def _of_kind(uow: UnitOfWork, kind: str) -> Sequence[Partner]:
    of_it = select(Partner).where(Partner.kind == kind, Partner.retired_at.is_(None))
    return uow.session.scalars(of_it.order_by(Partner.name)).all()
