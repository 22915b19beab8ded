"""Telling partners that something waits for them, never what is wrong with anybody."""

from collections.abc import Sequence

from sqlalchemy import select

from triage.domain import afterwards_wording
from triage.domain.words import Named
from triage.services import outbox
from triage.services.availability import switched_off
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.teams import Partner
from triage.storage.unit_of_work import UnitOfWork


def notify(uow: UnitOfWork, centre: Centre, call: Call, kind: str, what: str) -> None:
    """Text the partner of this kind that serves the call's zone, once for each call.

    Where there is none, or it is switched off, the audit trail says so.
    """
    off = switched_off(uow)
    partners = uow.once(f"partners:{kind}", lambda uow: _of_kind(uow, kind), of=(Partner,))
    serving = [
        partner
        for partner in partners
        if partner.phone
        and ("partner", str(partner.id)) not in off
        and (not partner.zones or call.zone in partner.zones)
    ]
    if not serving:
        uow.audit("notice.no_partner", call, partner=kind)
        return
    partner = min(serving, key=lambda p: (call.zone not in p.zones, p.name))
    outbox.enqueue(
        uow,
        centre,
        kind="notice",
        to=partner.phone or "",
        to_role="partner",
        body=afterwards_wording.partner_notice(
            call.reference, what, centre.policy.centre_name, Named(centre.policy.partner_line)
        ),
        priority=7,
        call_id=call.id,
        partner_id=partner.id,
        dedupe_key=f"notice:{call.id}:{partner.id}:{what}",
    )


def _of_kind(uow: UnitOfWork, kind: str) -> Sequence[Partner]:
    of_it = select(Partner).where(Partner.kind == kind, Partner.retired_at.is_(None))
    return uow.session.scalars(of_it.order_by(Partner.name)).all()
