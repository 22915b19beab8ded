"""Texts and spoken words about the safety of people in the field."""

from triage.domain.spoken import spelled


def check_in(code: str, *, again: bool) -> str:
    """Whoever reads it over their shoulder learns nothing: neither that somebody is worried, nor
    where they are, nor what for."""
    return f"Roster check {code}{', second text' if again else ''}. Reply OK (o BIEN)."


def checked_in(codes: str, waiting: str | None = None) -> str:
    """waiting -- the code of a page that still waits for an answer."""
    more = f" {waiting} still waits: reply {waiting} 1=accept 2=decline" if waiting else ""
    return f"{codes}: thank you, noted.{more}"


# --- an address read out by telephone --------------------------------------------------------


def address_rings(code: str) -> str:
    return f"{code}: your phone rings now. Have your PIN at hand."


def address_cannot_ring(code: str) -> str:
    """While the telephone provider takes no calls: if that ends in time, it rings all the same."""
    return (
        f"{code}: calls do not go out now, your phone may not ring. Ring the desk or ask dispatch"
        " by radio for the place."
    )


def no_pin(code: str) -> str:
    return (
        f"{code}: you have no PIN yet. Set one on your safety page or with your supervisor. Now ask"
        " dispatch by radio."
    )


def pin_rests(until: str) -> str:
    """until -- on the wall of the centre."""
    return f"Too many wrong PINs: none is taken before {until}. Ask dispatch by radio."


VOICE_PIN = "Enter your six digit PIN."
VOICE_WRONG_PIN = "That was not your PIN."
VOICE_PIN_RESTS = "Too many wrong PINs. Ask dispatch by radio."
VOICE_NOT_YOURS = "There is nothing to read to you. Ask dispatch by radio."
VOICE_NO_PIN = "No PIN was entered. Nothing was read."


def address(code: str, place: str, hazards: list[str]) -> str:
    """What is read once the PIN was right. It is kept nowhere."""
    known = " ".join(f"{one[0].upper()}{one[1:]}" for one in hazards)
    danger = f"Dangers told: {known}" if known else "No danger was told. There may be one."
    return f"Call {spelled(code)}. Go to: {place}. {danger}"
