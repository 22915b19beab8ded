"""Does this process still get memory?

One that gets no more ends itself, and whoever started it starts another. To go on would be to fail
here and there for as long as it lives: no thread begins, nobody is woken, and a provider that is
well seems to be away. Where the kernel kills it instead, nothing here is asked.
"""

import mmap

ROOM = 16 << 20
"""Bytes: as much as a thread with its stack and a long request take."""
STARVED = 71
"""Exit status of one that got no more."""
SENTENCE = "no memory is left, the process ends itself"


def has_room() -> bool:
    """Nothing is written there, so to ask takes none."""
    try:
        mmap.mmap(-1, ROOM).close()
    except (OSError, MemoryError):
        return False
    return True
