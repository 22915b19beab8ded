"""A double of Twilio that can misbehave: a process of its own, spoken to as the real one is.

`start_twilio` runs it. What goes over the wire follows Twilio's API description: messages
(send, list, fetch), calls (make, fetch, end) with their TwiML, signed reports and inbound texts.

What it does with a request to send is a `mode`, set for all by `behave` or for one number by
`script`, which is a queue:

    ok, 401, 429, 500, 503           as they say; nothing was taken but by ok
    400:21610                        refuses with that code
    hang, drip                       takes the text, answers too late or a byte at a time
    500_after_accept                 takes the text and says that it did not
    reset_after_accept               takes the text and breaks the line
    half_after_accept                takes the text and breaks off in the middle of the answer
    reset_before_accept, hang_before_accept    the same without having taken it
    report_before_answer             delivers the report before the answer to the request
    kill:before_accept, kill:after_accept      kill -9 the process `pid`, then go on as ok

What becomes of a text that was taken, and what is told of it, is a `Reports`. How a person or
a machine takes a call is a word for `takes_calls`; see `calls`.
"""

from tests.twilio_double.client import Twilio, start_twilio
from tests.twilio_double.reports import SILENT, Reports
from tests.twilio_double.state import IN_REPORTS, LIST_LAGS, LIST_REFUSED, MISBEHAVED
from tests.twilio_double.wire import ACCOUNT, SENDER, TOKEN, post_signed, report, signature_of

__all__ = [
    "ACCOUNT",
    "IN_REPORTS",
    "LIST_LAGS",
    "LIST_REFUSED",
    "MISBEHAVED",
    "SENDER",
    "SILENT",
    "TOKEN",
    "Reports",
    "Twilio",
    "post_signed",
    "report",
    "signature_of",
    "start_twilio",
]
