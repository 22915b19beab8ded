"""Has the database's disk room for another call?"""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from triage.domain.findings import Finding
from triage.storage.unit_of_work import UnitOfWork

DISK_FULL = "53100"
_A_MEGABYTE = text(
    "CREATE TEMPORARY TABLE IF NOT EXISTS room ON COMMIT DROP AS"
    " SELECT md5(number::text) AS some FROM generate_series(1, 16000) AS number"
)


def disk_room(uow: UnitOfWork) -> Iterator[Finding]:
    """PostgreSQL takes small changes for hours after it takes no new call, because old pages have
    room: so it is tried. A full disk under SQLite stops the watcher's own rounds."""
    if uow.session.get_bind().dialect.name != "postgresql":
        return
    try:
        with uow.session.begin_nested():
            uow.session.execute(_A_MEGABYTE)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != DISK_FULL:
            raise
        yield Finding("disk_full", 1, None)
