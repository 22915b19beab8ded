"""Texts and spoken words about the safety of people in the field."""

from collections.abc import Sequence

from triage.domain.reach_wording import still_waits
from triage.domain.spoken import spelled
from triage.domain.texts import Text, sms
from triage.domain.words import Spoken, listed, msgid


def check_in(code: str, *, again: bool) -> Text:
    """Whoever reads it over their shoulder learns nothing: neither that somebody is worried, nor
    where they are, nor what for."""
    if again:
        return sms("Roster check %(code)s, second text. Reply OK.", code=code)
    return sms("Roster check %(code)s. Reply OK.", code=code)


def help_raised(code: str) -> Text:
    return sms(
        "%(code)s: ALARM RAISED, dispatch is told that you need help. Use your radio if you can.",
        code=code,
    )


def help_unplaced() -> Text:
    """A cry for help from a phone that is on no call."""
    return sms(
        "ALARM RAISED: dispatch sees this text, but you are on no call. Use your radio or phone."
    )


def needs_help(code: str, who: Spoken) -> Text:
    """To whoever else is on the call. who -- the team and the role."""
    return sms("%(code)s: %(who)s needs help. The desk is alarmed.", code=code, who=who)


def no_alarm(code: str | None) -> Text:
    """To whoever writes that they need no help. code -- of the call that they are on."""
    if code is None:
        return sms("No alarm is raised, a dispatcher reads your text. If you need help: ASSIST")
    return sms(
        "%(code)s: no alarm is raised, a dispatcher reads your text. "
        "If you need help: %(code)s ASSIST",
        code=code,
    )


def checked_in(codes: str, waiting: str | None = None) -> Spoken:
    """waiting -- the code of a page that still waits for an answer."""
    return still_waits(sms("%(codes)s: thank you, noted.", codes=codes), waiting)


# --- an address read out by telephone --------------------------------------------------------


def address_rings(code: str) -> Text:
    return sms("%(code)s: your phone rings now. Have your PIN at hand.", code=code)


def address_cannot_ring(code: str) -> Text:
    """While the telephone provider takes no calls: if that ends in time, it rings all the same."""
    return sms(
        "%(code)s: calls do not go out now, your phone may not ring. Ring the desk or ask dispatch"
        " by radio for the place.",
        code=code,
    )


def no_pin(code: str) -> Text:
    return sms(
        "%(code)s: you have no PIN yet. Set one on your safety page or with your supervisor. Now"
        " ask dispatch by radio.",
        code=code,
    )


def pin_rests(until: str) -> Text:
    """until -- on the wall of the centre."""
    return sms(
        "Too many wrong PINs: none is taken before %(until)s. Ask dispatch by radio.", until=until
    )


VOICE_PIN = msgid("Enter your six digit PIN.")
VOICE_PIN_RESTS = msgid("Too many wrong PINs. Ask dispatch by radio.")
VOICE_NOT_YOURS = msgid("There is nothing to read to you. Ask dispatch by radio.")
VOICE_NO_PIN = msgid("No PIN was entered. Nothing was read.")
ONCE_MORE = msgid("Once more.")


def voice_wrong_pin(left: int) -> Spoken:
    """left -- how often it may be tried yet."""
    if left == 1:
        return msgid("That was not your PIN. You can try once more.")
    return msgid("That was not your PIN. You can try %(left)s more times.", left=left)


def address(
    code: str, place: str | None, hazards: Sequence[Spoken], none: Sequence[Spoken]
) -> Spoken:
    """What is read once the PIN was right. It is kept nowhere.

    none -- what was asked and is said not to be there.
    """
    known, asked = listed(" ", hazards), listed(" ", none)
    read = [
        msgid("Call %(code)s.", code=spelled(code)),
        msgid("Go to: %(place)s.", place=place or msgid("not known, ask dispatch")),
        msgid("Dangers told: %(dangers)s", dangers=known)
        if hazards
        else msgid("No danger was told. There may be one."),
    ]
    if none:
        read.append(msgid("Asked, and said to be none: %(answers)s", answers=asked))
    return listed(" ", read)


def a_note_says(text: str) -> Spoken:
    """text -- of a note about the place."""
    return msgid("A note says: %(text)s.", text=text.rstrip("."))


def team_left(at: str) -> Spoken:
    """at -- on the wall of the centre."""
    return msgid("A team left at %(at)s: not safe.", at=at)


def danger_corrected(code: str) -> Text:
    """Never that it is safe: whoever reads it asks."""
    return sms(
        "%(code)s: what was told of a danger has changed. Ask dispatch what is known now,"
        " or reply %(code)s ADDR.",
        code=code,
    )


def place_corrected(code: str, place: str) -> Text:
    """To whoever has accepted, who was told another place or none."""
    return sms(
        "%(code)s: the place is another, or more exact, than you were told. Go to: %(place)s.",
        code=code,
        place=place,
    )


def language_corrected(code: str) -> Text:
    """To whoever has accepted. Which language it is says the call's page, or dispatch."""
    return sms(
        "%(code)s: which language is spoken there, or whether an interpreter is needed, was"
        " corrected. Look at the call or ask dispatch.",
        code=code,
    )


def danger_known(code: str) -> Text:
    """What it is says the page behind the link, or dispatch: no text of ours does."""
    return sms(
        "%(code)s: something dangerous is known now. Ask dispatch before you go in,"
        " or reply %(code)s ADDR.",
        code=code,
    )
