"""The text of a rule file, out of its bytes."""

from triage.domain.errors import Finding, RuleFileError
from triage.domain.words import msgid


def decoded(file: bytes) -> str:
    """The text as it stands. Raises RuleFileError naming the line where it stops being one."""
    try:
        return file.decode("utf-8")
    except UnicodeDecodeError as error:
        before = file[: error.start]
        column = error.start - before.rfind(b"\n")
        kind = "it looks like UTF-16" if file[:2] in {b"\xff\xfe", b"\xfe\xff"} else ""
        hint = f"{kind or 'perhaps Latin-1'}: save it as UTF-8"
        message = msgid("this is not text in UTF-8: it cannot be a rule set")
        finding = Finding("error", before.count(b"\n") + 1, column, message, hint)
        raise RuleFileError([finding]) from None
