"""gunicorn for `triage serve`; see docs for production.

(cores + 1) x 4 requests are answered at once (entrypoints/web/turns.py); each open board keeps one
more thread, which sleeps.
"""

import gc
import logging
import os
import sys
from typing import Any

from triage.entrypoints.log_lines import Lines
from triage.entrypoints.web.broadcasts import MOST_STREAMS, broadcaster_of
from triage.entrypoints.web.turns import AT_ONCE

bind = os.environ.get("TRIAGE_BIND", "127.0.0.1:8000")
worker_class = "triage.entrypoints.web_threads.LastingWorker"
workers = int(os.environ.get("TRIAGE_WEB_PROCESSES", "2"))
threads = AT_ONCE + MOST_STREAMS
worker_connections = threads + 1000  # kept alive between requests, which takes no thread
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 4094
limit_request_field_size = 8190
# The paths of calls and codes are personal enough to stay out of logs by default.
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Nor may its own lines hold anybody up; the web processes have them from here."""
    for handler in server.log.error_log.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            handler.setStream(Lines("stderr"))


def post_worker_init(worker: Any) -> None:
    """Once in each web process, when the application and the live rule set are ready."""
    # Open boards end at once when the server is told to stop.
    broadcaster = broadcaster_of(worker.wsgi)
    broadcaster.serving = lambda: bool(worker.alive)
    broadcaster.writes = worker.cfg.protocol == "http"
    # Both stay as long as the process: collections need not walk them again and again,
    # which costs tens of milliseconds in the middle of somebody's request.
    gc.collect()
    gc.freeze()
    # What requests leave is looked through after some thirty calls taken, not after each.
    gc.set_threshold(20_000, 10, 10)
    # Whoever writes gives way at each statement; another thread that computes must not keep them
    # for 5 ms each time, while everybody else waits for their turn to write.
    sys.setswitchinterval(0.001)
