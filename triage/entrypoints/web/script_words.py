"""What the programs of pages say (assets/src/words.js), for pages that are not in English."""

from flask import Flask
from flask_babel import gettext

from triage.domain.words import msgid
from triage.entrypoints.web.languages import language

SENTENCES = (
    msgid(" (%(age)s old)"),
    msgid("%(count)s days"),
    msgid("%(count)s more above"),
    msgid("%(count)s more below"),
    msgid("%(key)s was not taken: the next question is on its way."),
    msgid("%(key)s was not taken: this question has only just come. Press it again."),
    msgid("%(key)s was taken once: it came twice at once."),
    msgid("%(time)s left"),
    msgid("Copied"),
    msgid("Data as of %(clock)s"),
    msgid("Kept"),
    msgid("Kept at %(time)s"),
    msgid("NOT KEPT: %(why)s"),
    msgid("NOT KEPT: reload the page and answer again."),
    msgid("NOT KEPT: that is too long. Shorten the narrative."),
    msgid("NOT KEPT: the answer cannot be read. Type a number, or u for not known."),
    msgid("NOT KEPT: the service does not answer. Go on typing; it is tried again."),
    msgid("NOT KEPT: the service does not answer. It is tried again."),
    msgid(
        "NOT KEPT: you are signed out. Sign in in another tab; the answer waits here and is"
        " then kept."
    ),
    msgid("NOT KEPT: you are signed out. Sign in in another tab, then go on here."),
    msgid("NOT SENT: %(why)s"),
    msgid(
        "NOT SENT: the service does not answer. Stay on this page and send again; page"
        " by telephone meanwhile."
    ),
    msgid("Not kept yet, trying again."),
    msgid("Nothing was taken back: the service does not answer."),
    msgid("Nothing was taken back: what stands here is not kept."),
    msgid("Press Ctrl+C"),
    msgid("STALE: no news since %(since)s, %(why)s. Go on by telephone and radio."),
    msgid(
        "Somebody else is signed in in this browser: nothing was done. Sign in yourself in"
        " another tab, then press Enter here again."
    ),
    msgid("Somebody says otherwise"),
    msgid(
        "The narrative has %(length)s characters, %(most)s fit. Shorten it; nothing is"
        " lost meanwhile."
    ),
    msgid("The same"),
    msgid(
        "The service does not answer: nothing is known to have changed. Look at the"
        " call, and try again."
    ),
    msgid(
        "You are signed out: nothing was done. Sign in in another tab, then press Enter here again."
    ),
    msgid("You are still on this page. %(why)s"),
    msgid("Typed in this tab and NOT KEPT: its form was thrown away in another tab."),
    msgid("Typed in this tab and NOT in call %(code)s, which its form became in another tab."),
    msgid("What somebody else says"),
    msgid("Who says so"),
    msgid("Working for %(count)s s. Stay on this page until it answers."),
    msgid("overdue for %(time)s"),
    msgid("reload the page and answer again."),
    msgid("the page was opened"),
    msgid("Something changed here. Send or clear what you typed, and it is shown."),
    msgid("One moment: what you typed last is on its way."),
    msgid("What you typed just before the reload may be missing: look at what stands here."),
    msgid("the service does not answer"),
    msgid("somebody else is signed in in this browser"),
    msgid(
        "somebody else is signed in in this browser. Sign in yourself in another tab, then"
        " go on here."
    ),
    msgid("you are signed out: reload the page"),
    msgid("you are signed out: sign in in another tab"),
)


def furnish(app: Flask) -> None:
    app.jinja_env.globals.update(script_words=script_words)


def script_words() -> dict[str, str]:
    """Each sentence as this page says it; none in English, which the programs speak."""
    return {} if language() == "en" else {str(one): gettext(one) for one in SENTENCES}
