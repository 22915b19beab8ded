"""Machines change to the next release under load, the tables first: no request fails, no call and
no text is lost, none leaves twice. `make bench-rolling` does it with the release before and more
calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.releases import one_after, this_one
from tests.faults.rolling import roll
from tests.servers import Missing, missing, start_postgresql
from tests.twilio_double import Twilio

CALLS_A_SECOND = 4.0


@pytest.mark.slow
def test_nothing_fails_while_machine_after_machine_changes_to_the_release_after(
    tmp_path: Path, twilio: Twilio
) -> None:
    try:
        server = start_postgresql(tmp_path)
    except Missing as reason:
        missing(reason)
    code = tmp_path / "after"
    code.mkdir()
    try:
        rolled = roll(server, tmp_path, twilio, (this_one(), one_after(code)), rate=CALLS_A_SECOND)
    finally:
        server.remove()

    print(rolled.seconds, rolled.pages, len(rolled.callers.acknowledged))
    assert rolled.callers.failed == {}
    assert rolled.callers.acknowledged
    assert rolled.callers.looked
    assert rolled.references == set(rolled.callers.acknowledged)
    assert rolled.pages
    assert rolled.not_ready == []
    assert rolled.wrong == []
