"""One form on several pages, such as two tabs: none replaces the words of another unseen.

Every page that shows a form has a mark of its own and carries a digest of what stood on the form
when it was loaded. A page may go on with a form where it did so last, or where the form still
stands as the page has seen it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from triage.domain.errors import Conflict
from triage.domain.words import msgid
from triage.storage.calls import Call

Fields = Mapping[str, Sequence[str]]
"""What stands on the form: every field's name with its values, exactly as typed."""

EDITION = "edition"
"""The field that counts the changes on one page, so that a late request undoes nothing."""
PAGE = "page"
"""The field that tells the pages of one form apart."""
SEEN = "seen"
"""The field with the digest of what stood when the page was loaded."""
MATCH = "match"
"""The field with what was said of the place found, which is asked again where it is lost."""
BECAME = "became"
"""The field with the call that the form became in another tab, with other words."""
ALSO, ALSO_BY = "also.", "also_by."
"""Before a question's name: what somebody else answers, and who; kept as one field for each voice,
"also.weapon.third_party"."""


class Elsewhere(Conflict):
    """The form went on without this page: it became a call, was thrown away, or has other words.

    others -- the words of the form that this page would have replaced.
    code, reference -- the call that the form became.
    taken -- a colleague goes on with it.
    """

    def __init__(
        self,
        message: str,
        *,
        standing: Fields | None = None,
        others: Fields | None = None,
        code: str = "",
        reference: str = "",
        taken: bool = False,
    ) -> None:
        super().__init__(message)
        self.taken = taken
        self.standing, self.others = standing or {}, others or {}
        self.code, self.reference = code, reference


def words(fields: Fields) -> dict[str, list[str]]:
    """What a person typed or chose; how a browser writes its line breaks does not count."""
    plain = {
        name: [line for value in values if (line := " ".join(value.split()))]
        for name, values in fields.items()
        if name not in {EDITION, PAGE, SEEN, MATCH, BECAME}
    }
    return {name: values for name, values in plain.items() if values}


def is_empty(fields: Fields) -> bool:
    """Nothing typed, nothing answered."""
    return not words(fields).keys() - {"language"}


def digest(fields: Fields) -> str:
    """Tells a copy of a form from one with other words, and gives no word away."""
    return hashlib.sha256(json.dumps(words(fields), sort_keys=True).encode()).hexdigest()


def must_go_on(standing: Fields | None, fields: Fields) -> None:
    """Raises Elsewhere where a page may not go on with a form that is no call yet.

    standing -- what stands on the form; None where it was thrown away.
    """
    if standing is None:
        raise Elsewhere(
            msgid(
                "this form was thrown away in another tab. Send it from here, and it is a call all"
                " the same"
            )
        )
    if others := _unseen(standing, fields):
        raise Elsewhere(
            msgid(
                "this form went on in another tab. Send, and you see what stands there before"
                " anything goes out"
            ),
            standing=standing,
            others=others,
        )


def must_be_copy(sent: str | None, fields: Fields, call: Call) -> None:
    """Raises Elsewhere where the form became a call with other words than these.

    sent -- the digest of what was sent; None for calls from before there was one.
    """
    if sent in (None, digest(fields)):
        return
    raise Elsewhere(
        msgid(
            "this form became call %(code)s in another tab. Send, and what stands here can be"
            " added to it",
            code=call.code,
        ),
        code=call.code,
        reference=call.reference,
    )


def _unseen(standing: Fields, fields: Fields) -> dict[str, list[str]]:
    """Words that stand, which this page would replace without having seen them."""
    if is_same_page(standing, fields) or _mark(fields, SEEN) == digest(standing):
        return {}
    here = words(fields)
    return {name: said for name, said in words(standing).items() if here.get(name) != said}


def is_same_page(standing: Fields, fields: Fields) -> bool:
    return _mark(standing, PAGE) == _mark(fields, PAGE)


def edition(fields: Fields) -> int:
    last = _mark(fields, EDITION)
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0


def _mark(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
