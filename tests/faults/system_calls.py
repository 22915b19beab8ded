"""Kills a process at its n-th system call of a kind, before the kernel has done the call.

The process asks the kernel (seccomp's user notification) to hold each such call until another
process has looked at it, which lets the call go on or kills who made it. Calls are counted over
all threads of the process: its web server begins a thread for each request. Nothing else is held
up, as it would be by a tracer, and nothing but Linux 5.5 is needed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache

WRITES, LINES = POINTS = ("file_call", "socket_call")
"""What makes a file of the database, or the log beside it; what is said to the database's server,
the provider, or whoever asked."""
_NUMBERS = {
    "x86_64": {WRITES: {18, 74, 75}, LINES: {44, 45}},
    "aarch64": {WRITES: {68, 82, 83}, LINES: {206, 207}},
}.get(platform.machine() if sys.platform == "linux" else "", {})
"""pwrite64, fsync and fdatasync; sendto and recvfrom."""
NOT_HERE = "this machine does not let a process hold another's system calls"
_SECCOMP = {"x86_64": 317, "aarch64": 277}.get(platform.machine(), -1)
_SET_MODE_FILTER, _GET_ACTION_AVAIL, _NEW_LISTENER = 1, 2, 1 << 3
_ALLOW, _USER_NOTIF = 0x7FFF0000, 0x7FC00000
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_CONTINUE = _ON_ONE_CORE = 1
_SET_PDEATHSIG, _NO_NEW_PRIVILEGES = 1, 38
_libc = ctypes.CDLL(None, use_errno=True)


@cache
def possible() -> bool:
    """Does this machine let a process look at another's system calls?"""
    action = ctypes.byref(ctypes.c_uint32(_USER_NOTIF))
    return bool(_NUMBERS) and _libc.syscall(_SECCOMP, _GET_ACTION_AVAIL, 0, action) == 0


def watch(points: Collection[str], reach: Callable[[str], bool]) -> None:
    """Have this process, which has one thread yet, watched by one that asks `reach`, with the
    point of each such call of this one before it is done, whether it has killed this one there."""
    ours, theirs = socket.socketpair()
    watched = os.getpid()
    if os.fork() == 0:
        try:
            _libc.prctl(_SET_PDEATHSIG, signal.SIGKILL)
            ours.close()
            _look_at_each(socket.recv_fds(theirs, 1, 1)[1][0], reach)
        finally:  # without a listener its calls would fail, which is no fault of the catalogue
            if os.getppid() == watched:
                os.kill(watched, signal.SIGKILL)
            os._exit(1)
    with ours, theirs:
        socket.send_fds(ours, [b"."], [listener := _hold_calls(points)])
        os.close(listener)


def _hold_calls(points: Collection[str]) -> int:
    """From now on the kernel holds these calls of this process; returns where it tells of them."""
    numbers = sorted(number for point in points for number in _NUMBERS[point])
    steps = [(_LOAD, 0, 0, 0)]
    steps += [(_JUMP_IF_EQUAL, len(numbers) - at, 0, n) for at, n in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _USER_NOTIF)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener: int = _libc.syscall(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER, program)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the kernel does not hold system calls")
    return listener


def _look_at_each(listener: int, reach: Callable[[str], bool]) -> None:
    point_of = {number: point for point, numbers in _NUMBERS.items() for number in numbers}
    with suppress(OSError):  # Linux 6.6: no other process comes between the two
        fcntl.ioctl(listener, _SET_FLAGS, _ON_ONE_CORE)
    looked = select.poll()
    looked.register(listener, select.POLLIN)
    while not looked.poll()[0][1] & select.POLLHUP:
        call = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, call)
            ticket, number = struct.unpack_from("Q8xi", call)
            if reach(point_of[number]):
                return  # the call is not to be done on the way to its end
            fcntl.ioctl(listener, _SEND, bytearray(struct.pack("QqiI", ticket, 0, 0, _CONTINUE)))
        except FileNotFoundError:
            continue  # a signal came between; who was killed makes no call
