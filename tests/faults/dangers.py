"""Was everybody heard who is in danger? A cry must have raised an alarm of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tests.faults.databases import Database

_ALARMS_OF_SENDERS = """
SELECT i.provider_id, i.outcome,
    (SELECT count(*) FROM alarm a JOIN audit_entry e ON e.subject_id = a.id
        JOIN message m ON m.alarm_id = a.id AND m.created_at = e.created_at
        WHERE a.responder_id = i.responder_id AND a.kind = 'help'
        AND e.event IN ('alarm.raised', 'alarm.raised_again') AND e.created_at = i.created_at),
    (SELECT count(*) FROM alarm a WHERE a.responder_id = i.responder_id
        AND a.call_id = i.call_id AND a.kind = 'withdrew')
FROM inbound_message i
"""
"""The instants are one where the unit of work is: the text is kept, the alarm is raised, or raised
again while nobody has taken it, and the telephones are to ring, all or nothing."""


def unheard_danger(database: Database, cries: Collection[str]) -> Iterator[str]:
    """Who needs help has raised an alarm by this very text, not only by one before or after; who
    had to leave has raised one for leaving this call, however often they say so.

    cries -- keys of texts that cry for help, whatever was made of them.
    """
    for sid, outcome, raised, left in database.rows(_ALARMS_OF_SENDERS):
        if (sid in cries or outcome in {"help_raised", "help_unplaced"}) and not raised:
            yield f"no alarm is raised by a cry: text {sid} was {outcome}"
        if outcome == "withdrawn" and not left:
            yield f"no alarm of who had to leave: text {sid}"
