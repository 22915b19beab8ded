"""gunicorn for `triage serve`; see docs for production. Figures: (cores + 1) x 4 threads."""

import os

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
