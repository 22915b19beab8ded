"""What a password must be, and how it is kept: Argon2id, 19 MiB, two passes."""

import re
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from triage.domain.errors import Refused
from triage.domain.policy import Policy
from triage.domain.words import msgid

LONGEST = 128
_LEFT_OVER = 6
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Each hash takes 19 MiB and a core for some 25 ms: a storm of sign-ins must leave the rest
# of the process its share.
_AT_ONCE = threading.BoundedSemaphore(2)
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$4skJFbPPQUUuqpx/sn3F9w$6751fwxfLKpMSzKbx23+wQ65sRmMmu0RKYJdizsd1U4"
)
"""Made of a password that was drawn at random and that nobody has; with the costs of all others."""
_EASY = re.findall(
    r"\w+",
    """
    password passwort contrasena letmein welcome bienvenido qwertyuiop qwerty asdfghjkl asdf
    zxcvbnm iloveyou administrator admin changeme secret trustno monkey dragon sunshine princess
    football baseball superman batman master shadow whatever starwars login access default guest
    test user abcdefghijkl abcdef abc 1234567890 0987654321 123456 654321 1q2w3e4r5t6y 1q2w3e4r
    spring summer autumn winter january february march april june july august september october
    november december dispatcher dispatch clinician supervisor triage crisis emergency police
    rescue patrol center centre communications county city
    """,
)


def make_hash(policy: Policy, password: str, *about: str) -> str:
    """Hash a new password. Raises Refused with what to do when it will not do.

    about -- words that somebody guessing would try: the user name, the person's name.
    """
    password = _normal(password)
    if len(password) < policy.password_min_length:
        raise Refused(
            msgid(
                "Use at least %(count)s characters. "
                "Four or five words in a row are easy to remember.",
                count=policy.password_min_length,
            ),
            "password",
        )
    if len(password) > LONGEST:
        raise Refused(msgid("Use at most %(count)s characters.", count=LONGEST), "password")
    if _is_easy(password, policy.centre_name, *about):
        raise Refused(
            msgid(
                "This is among the first that somebody would try. "
                "Take words that have nothing to do with you or this place."
            ),
            "password",
        )
    with _AT_ONCE:
        return _HASHER.hash(_bytes(password))


def matches(password: str, kept: str | None) -> bool:
    """Is this the password? Takes the same time when there is none to compare with."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _NOBODYS, _bytes(_normal(password)))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def _normal(password: str) -> str:
    """One form for what looks the same, whichever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _is_easy(password: str, *about: str) -> bool:
    """Too little is left of it without the words, rows and names that are tried first."""
    known = {word for text in about for word in re.findall(r"\w{3,}", text.lower())}
    rest = password.lower()
    for word in sorted(known | set(_EASY), key=len, reverse=True):
        rest = rest.replace(word, "")
    letters = re.sub(r"\W", "", rest)
    return len(set(password)) < 5 or len(letters) < _LEFT_OVER or letters.isdecimal()
