"""What is asked of a service with a history: by people at the desk, and by its own processes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from sqlalchemy import func, select

from tests.performance.growth.history import Made
from tests.performance.growth.population import Population
from tests.performance.intake.clients import CALL, KIND, Signed
from tests.world import World
from triage.entrypoints.web.access import roles_of
from triage.services.people import find_account
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.follow_ups import FollowUp
from triage.storage.teams import Responder, Team

Form = dict[str, str]
LATELY = 0.03
"""Of ten years: what people ring about again."""
EXAMPLES = 40
INTAKE, KNOWN, ASSESS = (
    "intake: a call is sent",
    "intake: known of place and number",
    "intake: assess",
)
BOARD, LIST = "board", "past calls: first page"
NEVER = (
    "/static/",
    "/api/",
    "/simulator",
    "/training",
    "/board/events",
    "/board/map/events",
    "/metrics",
)


@dataclass(frozen=True)
class Asked:
    """One page or part of one, and the ways in which it is asked for."""

    name: str
    role: str
    paths: Sequence[str]
    forms: Sequence[Form] = ()
    """To be posted; else it is got."""
    follows: bool = False
    """The answer to the form leads to the page."""
    timed: bool = True
    """Over HTTP too, and not for its queries alone."""


@dataclass
class Examples:
    """Calls of a history, drawn by chance."""

    world: World
    made: Made
    _chance: Random = field(default_factory=lambda: Random(1))
    _population: Population = field(init=False)

    def __post_init__(self) -> None:
        self._population = self.made.population(self.world.centre.gazetteer)

    def form(self) -> Form:
        """Somebody of the history rings again: who rings often does so here too."""
        population, calls = self._population, self.made.calls
        latest = self._chance.randrange(int(calls * (1 - LATELY)), calls)
        form = CALL | {"location": population.place(latest).said, "form_key": str(uuid4())}
        return form | {"caller_phone": population.phone(latest)}

    def calls(self, count: int = EXAMPLES) -> list[Call]:
        """From all years, evenly."""
        with self.world.context.reading() as uow:
            first = uow.session.scalar(select(func.min(Call.received_at)))
            assert first is not None
            span = (self.made.ends_at - first).total_seconds()
            found = []
            for _ in range(count):
                at = first + timedelta(seconds=self._chance.random() * span)
                later = select(Call).where(Call.received_at >= at, Call.state == "closed")
                found += uow.session.scalars(later.order_by(Call.received_at).limit(1))
            return found


def everything(world: World, made: Made) -> list[Asked]:
    """The pages of the desk that are heavy or look back, then all others that need no key."""
    examples = Examples(world, made)
    heavy = [*_of_the_desk(examples), *_of_one(world, examples)]
    known = {path.partition("?")[0] for one in heavy for path in one.paths if not one.forms}
    return [*heavy, *_others(world, known)]


def _of_the_desk(examples: Examples) -> Iterator[Asked]:
    forms = [examples.form() for _ in range(EXAMPLES)]
    desk = "dispatcher"
    yield Asked(BOARD, desk, ["/board"])
    yield Asked(KNOWN, desk, ["/intake/known"], forms)
    yield Asked(ASSESS, desk, ["/intake/assess"], forms)
    yield Asked(LIST, desk, ["/past-calls"])
    calls = examples.calls()
    searches: dict[str, list[Form]] = {
        "deep": [{"after": f"{call.received_at.isoformat()} {call.id}"} for call in calls],
        "by number": [{"phone": form["caller_phone"]} for form in forms],
        "by place": [{"place": form["location"]} for form in forms],
        "by code": [{"named": call.code} for call in calls],
        "by CAD number": [{"named": f"{n:06}"} for n in range(0, EXAMPLES * 97, 97)],
        "of a day": [{"day": f"{call.received_at:%Y-%m-%d}"} for call in calls],
        "of a zone": [{"zone": call.zone or "none"} for call in calls],
        "by a rare ending": [{"disposition": "sobering"}],
    }
    for name, wanted in searches.items():
        yield Asked(f"past calls: {name}", desk, ["/past-calls"], wanted, follows=True)
    yield Asked("a past call", desk, [f"/calls/{call.reference}" for call in calls])
    yield Asked("a past call, its sheet", desk, [f"/calls/{c.reference}/sheet" for c in calls[:9]])


def _of_one(world: World, examples: Examples) -> Iterator[Asked]:
    with world.context.reading() as uow:
        teams = [*uow.session.scalars(select(Team.id))]
        members = [*uow.session.scalars(select(Responder.id))]
        follow_ups = [*uow.session.scalars(select(FollowUp.id).limit(9))]
        open_calls = [*uow.session.scalars(select(Call.reference).where(Call.state == "open"))]
    yield Asked("an open call", "dispatcher", [f"/calls/{one}" for one in open_calls[:9]])
    yield Asked("follow-ups", "dispatcher", ["/follow-ups"])
    yield Asked("a follow-up", "dispatcher", [f"/follow-ups/{one}" for one in follow_ups])
    yield Asked("a team", "supervisor", [f"/teams/{one}" for one in teams])
    yield Asked("watch", "supervisor", ["/watch"])
    safety = [f"/members/{one}/safety" for one in members]
    yield Asked("a member's safety", "supervisor", safety, timed=False)
    asked = [f"/calls/{one}" for one in _of_a_clinician(world)]
    yield Asked("a call as a clinician sees it", "clinician", asked, timed=False)


def _of_a_clinician(world: World) -> list[str]:
    """The clinician who asks for pages is the member who was asked last; their latest calls."""
    username = world.account("clinician")
    with world.context.unit_of_work("test") as uow:
        member = uow.session.scalars(select(Page.responder_id).order_by(Page.id.desc())).first()
        account = find_account(uow, username)
        assert member
        assert account
        uow.get(Responder, member).account_id = account.id
        of_theirs = (
            select(Call.reference)
            .join(Dispatch, Dispatch.call_id == Call.id)
            .join(Slot, Slot.dispatch_id == Dispatch.id)
            .join(Page, Page.slot_id == Slot.id)
            .where(Page.responder_id == member)
            .order_by(Page.created_at.desc())
        )
        return [*uow.session.scalars(of_theirs.limit(9))]


def _others(world: World, known: set[str]) -> Iterator[Asked]:
    app = world.app
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        path, roles = rule.rule, roles_of(app, rule.endpoint)
        wanted = "GET" in (rule.methods or ()) and not rule.arguments and path not in known
        if wanted and not path.startswith(NEVER) and roles - {"*"}:
            role = next(r for r in ("dispatcher", "supervisor", *sorted(roles)) if r in roles)
            yield Asked(path, role, [path], timed=False)


@dataclass(frozen=True)
class Web:
    """A served service and who is signed in there."""

    url: str
    who: dict[str, Signed]
    """By role."""
    desk: Sequence[Signed]
    """Dispatchers, one for each client that sends calls."""


def timed(web: Web, asked: Asked, times: int) -> list[float]:
    """In seconds, one request after the other; a form's answer is followed outside of the time."""
    signed = web.who[asked.role]
    client = HTTPConnection(urlsplit(web.url).netloc, timeout=60)
    took = []
    for number in range(times):
        path = asked.paths[number % len(asked.paths)]
        form = asked.forms[number % len(asked.forms)] if asked.forms else None
        if form is not None and asked.follows:
            path, form = _led_to(client, signed, path, form), None
        began = time.perf_counter()
        status, _ = _request(client, signed, path, form)
        took.append(time.perf_counter() - began)
        assert status < 400, (asked.name, path, status)
    client.close()
    return took


def _led_to(client: HTTPConnection, signed: Signed, path: str, form: Form) -> str:
    status, location = _request(client, signed, path, form)
    assert status == 303, (path, status)
    return re.sub(r"^https?://[^/]+", "", location)


def _request(
    client: HTTPConnection, signed: Signed, path: str, form: Form | None
) -> tuple[int, str]:
    heads = {"Cookie": signed.cookie}
    if form is None:
        client.request("GET", path, headers=heads)
    else:
        body = urlencode(form | {"csrf_token": signed.csrf_token})
        client.request("POST", path, body, heads | KIND)
    answer = client.getresponse()
    answer.read()
    return answer.status, answer.headers.get("Location", "")


def send_calls(web: Web, forms: Sequence[Form]) -> list[float]:
    """All clients at once, each one call after the other."""
    left, took, refused = iter(forms), list[float](), list[int]()

    def send(signed: Signed) -> None:
        client = HTTPConnection(urlsplit(web.url).netloc, timeout=60)
        for form in left:
            began = time.perf_counter()
            status, _ = _request(client, signed, "/intake", form)
            took.append(time.perf_counter() - began)
            if status != 303:
                refused.append(status)

    together(send, web.desk)
    assert not refused, refused
    return took


def together(work: Callable[[Any], None], each: Sequence[Any]) -> None:
    threads = [threading.Thread(target=work, args=[one]) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
