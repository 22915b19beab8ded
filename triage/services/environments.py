"""The environment that a database belongs to: a copy of it elsewhere texts and rings nobody."""

from collections.abc import Iterator

from sqlalchemy import select

from triage.domain.findings import Finding
from triage.storage.deployment import Deployment
from triage.storage.unit_of_work import UnitOfWork


def home(uow: UnitOfWork) -> str | None:
    """None: made by an older release that kept none."""
    return uow.session.scalar(select(Deployment.environment))


def is_copy(uow: UnitOfWork, environment: str) -> bool:
    """Does it belong elsewhere?"""
    return home(uow) not in {None, environment}


def settle(uow: UnitOfWork, environment: str) -> str | None:
    """From now on it belongs here; returns where it did before."""
    deployment = uow.session.scalars(select(Deployment)).one()
    before, deployment.environment = deployment.environment, environment
    if before != environment:
        uow.audit("deployment.settled", deployment, environment=environment, before=before)
    return before


def elsewhere(uow: UnitOfWork, environment: str | None) -> Iterator[Finding]:
    """environment -- ours; None where no telephone could be reached anyway."""
    if environment is not None and is_copy(uow, environment):
        yield Finding("copy", 1, None)
