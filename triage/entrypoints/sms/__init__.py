"""What the telephone network tells us."""

from flask import Flask

from triage.entrypoints.sms import simulator, webhooks
from triage.entrypoints.web.access import csrf


def register(app: Flask) -> None:
    """Add the webhooks, and the invented network's where it stands in for a real one."""
    csrf.exempt(webhooks.bp)
    app.register_blueprint(webhooks.bp)
    if app.extensions["triage"].settings.sms == "simulator":
        csrf.exempt(simulator.bp)
        app.register_blueprint(simulator.bp)
