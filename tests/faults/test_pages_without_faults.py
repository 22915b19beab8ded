"""A small sample of what `python -m tests.faults --pages` does with as many as one likes."""

import pytest

from tests.faults import pages
from tests.servers import PostgresServer

PAGES = 100


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_each_page_leaves_once_while_nothing_fails(
    kind: str, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer | None = None
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql")
    portion = pages.run(server, "pages_without_faults", PAGES, seed=1)
    assert portion.wrong == []
    assert portion.pages >= PAGES
    assert portion.answered
    assert portion.delivered, "reports arrive, so the web was at work beside the workers"
