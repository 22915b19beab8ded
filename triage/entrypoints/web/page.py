"""What every template can use: times, navigation, banners."""

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import get_day_names, get_month_names
from flask import Flask, current_app, g, request
from flask.templating import Environment
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from triage.context import AppContext, current_context
from triage.domain import state_words
from triage.domain.phone_numbers import can_be_rung
from triage.domain.role_words import role_name
from triage.domain.timing import within
from triage.domain.words import begun, msgid
from triage.entrypoints.web import headers
from triage.entrypoints.web.access import person_or_none, roles_of
from triage.entrypoints.web.languages import language, spoken
from triage.services.people import ROLES
from triage.services.timeline_sentences import response_name
from triage.storage.sealed import CannotOpen

NAVIGATION = (
    (msgid("Training"), "/training"),
    (msgid("Your calls"), "/my-calls"),
    (msgid("Board"), "/board"),
    (msgid("New call"), "/intake"),
    (msgid("Alarms"), "/alarms"),
    (msgid("Follow-ups"), "/follow-ups"),
    (msgid("Shifts"), "/shifts"),
    (msgid("Past calls"), "/past-calls"),
    (msgid("Figures"), "/figures"),
    (msgid("Hazards"), "/hazards"),
    (msgid("Rules"), "/rules"),
    (msgid("Watch"), "/watch"),
    (msgid("Switches"), "/switches"),
    (msgid("Escalation"), "/escalation"),
    (msgid("Teams"), "/teams"),
    (msgid("People"), "/people"),
    (msgid("Simulator"), "/simulator"),
    (msgid("On view"), "/on-view"),
)
"""A person sees those whose views exist and are open to their role."""
THEMES = ("auto", "light", "dark")
SOUNDS = ("on", "off")


@dataclass(frozen=True)
class Banner:
    """Something that concerns everybody, on every page."""

    tone: str
    """A tone of parts/status.html."""
    text: str
    href: str | None = None
    link: str | None = None
    """What to follow, and its words."""
    more: str = ""
    """What unfolds: of several only the first alarm's stands open."""


class Templates(Environment):
    """Templates that all have the same names given beside those of their page.

    Jinja compares a page's names with those of each part it imports, at every import: of a plain
    dict that takes a tenth of the time that its chain of two takes.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return self.globals if d is None else super().make_globals(d)


BannerSource = Callable[[AppContext], Iterable[Banner]]
NO_DATABASE = "no_database"
"""In `g`: this request is answered with a page that tells of it."""
OWN_ALARMS = "own_alarms"
"""In `g`: the address of the call whose page answers this request and has its alarms itself, also
where one of its forms comes back."""


def add_banners(app: Flask, source: BannerSource) -> None:
    """Ask `source` for banners whenever a page is shown to somebody signed in."""
    app.extensions.setdefault("triage_banners", []).append(source)


def furnish(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        local_time=local_time,
        response_name=lambda response: response_name(current_context().centre, response),
        local_clock=local_clock,
        local_seconds=local_seconds,
        local_date=local_date,
        in_words=in_words,
        within=within,
    )
    app.jinja_env.globals.update(
        banners=banners,
        begun=begun,
        can_be_rung=can_be_rung,
        policy=lambda: current_context().centre.policy,
        navigation=navigation,
        level_name=state_words.level_name,
        outcome_name=state_words.outcome_name,
        page_state_name=state_words.page_state_name,
        person=person_or_none,
        request_id=headers.request_id,
        role_name=role_name,
        small_state_name=state_words.small_state_name,
        sound=sound,
        state_name=state_words.state_name,
        text_kind=state_words.text_kind,
        consent_name=state_words.consent_name,
        follow_up_name=state_words.follow_up_name,
        theme=theme,
        this_page=this_page,
        training=training,
        unit_name=state_words.unit_name,
        zone_name=zone_name,
    )


def banners() -> list[Banner]:
    if person_or_none() is None:
        return []
    sources: list[BannerSource] = current_app.extensions.get("triage_banners", [])
    if not g.get(NO_DATABASE):  # whoever has waited for it in vain does not wait again
        try:
            return [banner for source in sources for banner in source(current_context())]
        except CannotOpen as error:  # the page itself may have failed of the same
            return [Banner("alarm", spoken(str(error)))]
        except SQLAlchemyError:
            pass
    return [Banner("alarm", gettext("The database does not answer. Go on by telephone and radio."))]


def navigation() -> list[tuple[str, str, bool]]:
    """Label, path, and whether it is where we are."""
    if (person := person_or_none()) is None:
        return []
    return [
        (gettext(label), path, request.path == path or request.path.startswith(path + "/"))
        for label, path in NAVIGATION
        if person.role in _roles_at(path)
    ]


def training() -> bool:
    """Is this an installation to learn on?"""
    return current_context().settings.training


def this_page() -> str:
    """Where a button of the head comes back to: no address that only takes forms."""
    return request.full_path if _endpoint(request.path) else "/"


def _roles_at(path: str) -> frozenset[str]:
    if path == "/training" and not training():
        return frozenset()
    if path == "/simulator":  # open to whoever sits at this machine, where there is one
        simulated = current_context().settings.sms == "simulator"
        return frozenset(ROLES if simulated else ())
    endpoint = _endpoint(path)
    return roles_of(current_app, endpoint) if endpoint else frozenset()


def _endpoint(path: str) -> str | None:
    """What shows the page there, if one is."""
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return None
    return str(endpoint)


def theme() -> str:
    chosen = request.cookies.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def sound() -> str:
    return "off" if request.cookies.get("sound") == "off" else "on"


def local_time(at: datetime) -> str:
    """Tue 24 Nov 14:05 EST"""
    local = _local(at)
    return f"{_day(local)} {local:%H:%M %Z}"


def local_clock(at: datetime) -> str:
    """14:05 EST"""
    return f"{_local(at):%H:%M %Z}"


def local_seconds(at: datetime) -> str:
    """14:05:07"""
    return f"{_local(at):%H:%M:%S}"


def local_date(at: datetime) -> str:
    """Tue 24 Nov 2026"""
    local = _local(at)
    return f"{_day(local)} {local:%Y}"


def _day(local: datetime) -> str:
    weekdays, months = _days_and_months(language())
    return f"{weekdays[local.weekday()]} {local.day} {months[local.month - 1]}"


@lru_cache
def _days_and_months(spoken: str) -> tuple[list[str], list[str]]:
    """Their short names."""
    weekdays = get_day_names("abbreviated", locale=spoken)
    months = get_month_names("abbreviated", locale=spoken)
    return [weekdays[day] for day in range(7)], [months[month] for month in range(1, 13)]


def _local(at: datetime) -> datetime:
    return at.astimezone(current_context().centre.policy.time_zone)


def zone_name() -> str:
    """America/New_York (EST): the short name depends on the date, so on the database's clock."""
    zone = current_context().centre.policy.time_zone
    now: Any = g.get("now")
    return f"{zone.key} ({now.astimezone(zone):%Z})" if now else zone.key


def in_words(span: timedelta | float) -> str:
    """ "40 s", "12 min", "3 h 05 min", "4 days"; a bare number is seconds."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 60:
        return f"{max(seconds, 0)} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        hours, minutes = seconds // 3600, seconds % 3600 // 60
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    return str(gettext("%(count)s days", count=seconds // 86400))
