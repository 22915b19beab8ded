"""Has the database's disk room for another call?"""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from triage.domain.findings import Finding
from triage.storage.unit_of_work import UnitOfWork

DISK_FULL = "53100"
_A_MEGABYTE = text(
    "CREATE TEMPORARY TABLE room ON COMMIT DROP AS"
    " SELECT md5(number::text) AS some FROM generate_series(1, 16000) AS number"
)


def disk_room(uow: UnitOfWork) -> Iterator[Finding]:
    """PostgreSQL takes small changes for hours after it takes no new call, because old pages have
    room: so it is tried, in a transaction of its own that is undone. A full disk under SQLite stops
    the watcher's own rounds."""
    engine = uow.session.get_bind().engine
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.connect() as connection:
            connection.execute(_A_MEGABYTE)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != DISK_FULL:
            raise
        yield Finding("disk_full", 1, None)
