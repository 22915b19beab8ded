"""What the telephone network tells us."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the webhooks, and the invented network's where it stands in for a real one."""
    from triage.entrypoints.sms import simulator, voice, webhooks
    from triage.entrypoints.web.access import csrf

    for place in (webhooks, voice):
        csrf.exempt(place.bp)
        app.register_blueprint(place.bp)
    if app.extensions["triage"].settings.sms == "simulator":
        csrf.exempt(simulator.bp)
        app.register_blueprint(simulator.bp)
