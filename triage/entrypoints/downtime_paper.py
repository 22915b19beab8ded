"""The downtime pack as one file that any browser opens and prints, without this service.

Kept in a folder of whoever runs the desk: on its own computer, on a share, on a stick. It names
staff and their telephones, so only its owner and group may read it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_datetime
from jinja2 import Environment, PackageLoader, pass_context
from jinja2.runtime import Context

from triage.catalogue import catalogue, say
from triage.context import AppContext
from triage.domain.findings import Finding
from triage.domain.phone_numbers import readable
from triage.domain.scoring_card import ScoringCard
from triage.domain.words import LANGUAGES, Spoken, listed
from triage.services.downtime import pack
from triage.services.rosters import partner_kinds
from triage.storage.sealed import showing_a_list

NAME = "downtime.html"
EVERY_S = 15 * 60.0
_LOCALES = {"en": "en_US", "es": "es_US"}
AGAIN_S = 60.0
"""After a try that failed."""
OLD_AFTER_S = 2 * EVERY_S

log = structlog.get_logger("triage.downtime")


@showing_a_list()
def render(context: AppContext, made: ScoringCard | None = None) -> tuple[str, ScoringCard]:
    """The whole file, and its card for the next time."""
    centre = context.centre
    with context.reading() as uow:
        found = pack(uow, centre, made)
    text = (
        _shape(centre.policy.time_zone)
        .get_template("downtime.html")
        .render(
            pack=found,
            card=found.card,
            policy=centre.policy,
            name=centre.policy.centre_name,
            kinds=partner_kinds(centre),
            languages=LANGUAGES,
        )
    )
    return text, found.card


def _shape(zone: ZoneInfo) -> Environment:
    """Templates in which everything is said in what is `language` there."""

    @pass_context
    def local(context: Context, at: datetime, form: str = "EEE d MMM HH:mm z") -> str:
        return format_datetime(at, form, tzinfo=zone, locale=_LOCALES[context["language"]])

    shape = Environment(
        loader=PackageLoader("triage", "paper"),
        autoescape=True,
        finalize=_spoken,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # No sentence here counts, so the plural is asked for nowhere.
    shape.install_gettext_callables(_told, _told, newstyle=True)  # type: ignore[attr-defined]
    shape.filters.update(readable=readable, spoken=_spoken, joined=_joined)
    shape.globals["local"] = local
    return shape


@pass_context
def _told(context: Context, sentence: str) -> str:
    return catalogue(context["language"]).gettext(sentence)


@pass_context
def _spoken(context: Context, it: Any) -> Any:
    return say(it, context["language"]) if isinstance(it, Spoken) else it


@pass_context
def _joined(context: Context, parts: Iterable[str], between: str = ", ") -> str:
    return say(listed(between, parts), context["language"])


def write(text: str, to: Path) -> None:
    """Whole or not at all: whoever opens it meanwhile reads the one before."""
    partial = to.with_name(f".{to.name}.{os.getpid()}")
    with open(partial, "w", encoding="utf-8", opener=_for_the_desk) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(to)


def _for_the_desk(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


@dataclass
class PaperKeeper:
    """Writes the pack anew every quarter of an hour, beside whatever else its process does."""

    context: AppContext
    folder: Path
    stopping: threading.Event
    steady: Callable[[], float] = time.monotonic
    """Seconds of a clock that is never set."""
    _card: ScoringCard | None = None
    _written: float = field(init=False)
    _first: bool = True
    """Nothing has been written yet."""
    _refused: bool = False
    """The folder took nothing the last time."""

    def __post_init__(self) -> None:
        self._written = self.steady()  # it has time to write the first

    def start(self) -> None:
        threading.Thread(target=self._keep, daemon=True, name="downtime pack").start()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            self.stopping.wait(EVERY_S if self.once() else AGAIN_S)

    def once(self) -> bool:
        try:
            text, self._card = render(self.context, self._card)
            write(text, self.folder / NAME)
            self._written, self._first, self._refused = self.steady(), False, False
            return True
        except Exception as error:  # the database may be away: the last one stays, and is told
            self._refused = isinstance(error, OSError)
            log.error("the downtime pack was not written", error=type(error).__name__)
            return False

    def look(self) -> list[Finding]:
        """A finding where nothing could be written for too long; at once where the folder has not
        taken the first one: what lies there is of nobody knows when."""
        age_s = self.steady() - self._written
        old = age_s > OLD_AFTER_S or (self._first and self._refused)
        return [Finding("downtime_old", 1, round(age_s, 1))] if old else []
