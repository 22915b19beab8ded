"""What is said where nobody confirms in time what a person at the desk hands over, to supervisors
and to the desk's telephone. As with every text, nothing names the person or tells of their
health."""

from dataclasses import dataclass

from triage.domain.texts import Text, gsm7, sms
from triage.domain.timing import within
from triage.domain.wording import UNSAFE, level_words
from triage.domain.words import Sentence, Spoken, listed, msgid


@dataclass(frozen=True)
class Owed:
    """What is said of one kind of hand-over, for supervisors and the desk."""

    loud: Sentence
    ask: Sentence
    nobody_says_yes: Sentence
    nobody_on_shift: Sentence
    taken: Sentence
    still: Sentence
    rung: Sentence

    def not_confirmed(
        self, code: str, *, level: str, within_min: int, area: str, unsafe: bool = False
    ) -> Spoken:
        """To a supervisor: they are asked to see that it is done.

        unsafe -- a team has left this call because it was not safe.
        """
        what = listed(", ", filter(None, [level_words(level), within(within_min), gsm7(area)]))
        said, ask = Text(self.loud, {"what": what}), Text(self.ask, {"code": code})
        return listed(" ", [*([UNSAFE] if unsafe else ()), said, ask])

    def tell_desk(self, code: str, level: str, *, on_shift: bool, unsafe: bool = False) -> Spoken:
        """To the desk's telephone, where no supervisor can be reached, or none has said yes."""
        say = self.nobody_says_yes if on_shift else self.nobody_on_shift
        text = Text(say, {"code": code, "level": level_words(level)})
        return listed(" ", [*([UNSAFE] if unsafe else ()), text])

    def charge_taken(self, code: str) -> Text:
        return Text(self.taken, {"code": code})

    def charge_reminder(self, code: str, minutes: int) -> Text:
        """To whoever has charge."""
        return Text(self.still, {"code": code, "minutes": minutes})


_IN_CAD = Owed(
    loud=msgid("NOT CONFIRMED IN CAD. %(what)s."),
    ask=msgid("See that it is dispatched? Reply %(code)s 1=accept 2=decline"),
    nobody_says_yes=msgid(
        "%(code)s (%(level)s): dispatch it in CAD now, then confirm it on the board. "
        "No supervisor has said yes."
    ),
    nobody_on_shift=msgid(
        "%(code)s (%(level)s): dispatch it in CAD now, then confirm it on the board. "
        "No supervisor is on shift."
    ),
    taken=msgid(
        "%(code)s: you have taken charge. See that it is dispatched in CAD and confirmed on the "
        "board."
    ),
    still=msgid(
        "%(code)s is still not confirmed in CAD. In %(minutes)s min others are asked again. "
        "Reply %(code)s 1 to keep charge, %(code)s 2 to give it back"
    ),
    rung=msgid("Nobody has confirmed it in CAD. Press 1 to take charge, 2 to decline."),
)
_TO_LINE = Owed(
    loud=msgid("CALLER NOT HANDED OVER. %(what)s."),
    ask=msgid("See that it is done? Reply %(code)s 1=accept 2=decline"),
    nobody_says_yes=msgid(
        "%(code)s (%(level)s): hand the caller over now, and say so on the call's page. "
        "No supervisor has said yes."
    ),
    nobody_on_shift=msgid(
        "%(code)s (%(level)s): hand the caller over now, and say so on the call's page. "
        "No supervisor is on shift."
    ),
    taken=msgid(
        "%(code)s: you have taken charge. See that the caller is handed over, and that the call's "
        "page says so."
    ),
    still=msgid(
        "%(code)s: the caller is still not handed over. In %(minutes)s min others are asked again. "
        "Reply %(code)s 1 to keep charge, %(code)s 2 to give it back"
    ),
    rung=msgid("A caller was not handed over. Press 1 to see that it is done, 2 to decline."),
)


def of(reached_by: str) -> Owed:
    """reached_by -- as the vocabulary has it."""
    return _IN_CAD if reached_by == "cad" else _TO_LINE


def confirmed(code: str, unit: str) -> Text:
    """To whoever was asked. unit -- the one that goes."""
    return sms("%(code)s: confirmed in CAD, %(unit)s goes.", code=code, unit=gsm7(unit))


def transfer_goes_on(code: str) -> Text:
    """To whoever was asked."""
    return sms("%(code)s: the caller is being handed over. Nothing is asked of you now.", code=code)
