"""What may be meant for READY, where nothing else is asked of a phone."""

from triage.domain.reply_words import FILLERS
from triage.domain.sms_replies import as_read, words_of

_READY = {"READY", "PRESENT", "PRESENTE", "LISTO", "LISTA"}
_YES = {"1", "OK", "OKAY", "OKEY", "YES", "YEP", "YEAH", "YUP", "SI", "CLARO", "BIEN", "GOOD"}
_HEARD = {"GOT", "HERE", "AQUI", "RECEIVED", "RECIBIDO", "COPY", "CONFIRM", "CONFIRMED"}
_MEANS_IT = _READY | _YES | _HEARD
_ANSWERS = frozenset("234")
"""Numbers that answer something else."""


def means_ready(body: str) -> bool:
    """Is all of it a yes, in whatever words? "can't come" is not, nor is anything that tells more;
    beside READY itself a number tells nothing."""
    words = {as_read(word.group()) for word in words_of(body)}
    strange = words - _MEANS_IT - FILLERS
    if words & _READY:
        strange = {word for word in strange if not word.isdigit() or word in _ANSWERS}
    return bool(words & _MEANS_IT) and not strange
