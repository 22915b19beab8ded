"""gunicorn for `triage serve`; see docs for production. Figures: (cores + 1) x 4 threads."""

import gc
import os
import sys

bind = os.environ.get("TRIAGE_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("TRIAGE_WEB_PROCESSES", "2"))
threads = 4 * ((os.cpu_count() or 1) + 1)
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 4094
limit_request_field_size = 8190
# The paths of calls and codes are personal enough to stay out of logs by default.
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker: object) -> None:
    """Once in each web process, when the application and the live rule set are ready."""
    # Both stay as long as the process: collections need not walk them again and again,
    # which costs tens of milliseconds in the middle of somebody's request.
    gc.collect()
    gc.freeze()
    # Whoever writes gives way at each statement; another thread that computes must not keep them
    # for 5 ms each time, while everybody else waits for their turn to write.
    sys.setswitchinterval(0.001)
