"""The process: says its port and serves until it is killed."""

from tests.twilio_double.server import serve

if __name__ == "__main__":
    serve()
