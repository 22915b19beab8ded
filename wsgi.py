"""The WSGI application: `gunicorn wsgi:app`."""

from triage.app import create_app

app = create_app()
