"""How long something took, sleep included."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed_s() -> float:
    """Seconds since some instant. They go on while the machine is suspended, and nobody can set
    them; they are this machine's own."""
    return time.clock_gettime(_CLOCK)
