"""The clock and the senders: what is due is done, again and again.

Correctness is in the rows: any number of workers may run, and any may be killed at any moment.
A commit wakes them; APScheduler is the metronome for whoever was not woken.
"""

from triage.entrypoints.worker.hushing import Hush
from triage.entrypoints.worker.process import run
from triage.entrypoints.worker.sending import send_texts
from triage.entrypoints.worker.supervisor import supervise
from triage.entrypoints.worker.timers import fire_timers, settle_unknown

__all__ = ["Hush", "fire_timers", "run", "send_texts", "settle_unknown", "supervise"]
