"""Copies of the database that were made, so that everybody knows how old the last is."""

from datetime import timedelta

from sqlalchemy import delete

from triage.storage.unit_of_work import UnitOfWork
from triage.storage.watching import BackupNote

_KEPT = timedelta(days=30)


def note(uow: UnitOfWork, place: str, size_bytes: int) -> BackupNote:
    """A whole copy lies at `place`."""
    uow.session.execute(delete(BackupNote).where(BackupNote.created_at < uow.now - _KEPT))
    return uow.add(BackupNote(place=place, size_bytes=size_bytes))
