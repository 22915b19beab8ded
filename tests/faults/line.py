"""A line to the database that its other end can leave without a word.

    python -m tests.faults.line ADDRESS PORT SERVER_PORT [NETWORK]

Listens at ADDRESS, in the network namespace NETWORK if one is named, and carries what comes there
to the server on this machine and back.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from tests.faults.in_a_process import ROOT
from tests.servers import PostgresServer, free_port

_NEWNET = 0x40000000


_NAME = re.compile(r"triage(\d+)")
"""Of a network: whose it is."""


def _roads() -> list[tuple[str, str]]:
    """Two over one cable, which no other process of the tests lays at the same time: our end and
    the other of each."""
    first = IPv4Address("10.128.0.0") + os.getpid() % 2**20 * 8
    return [(str(first + road + 1), str(first + road + 2)) for road in (0, 4)]


@dataclass
class Lines:
    """Two addresses of one server, as of a primary and of whatever takes its place. The first can
    be lost."""

    hosts: list[tuple[str, int]]
    processes: list[subprocess.Popen[bytes]]
    network: str | None

    def url(self, database: str, *, roads: int = 2) -> str:
        """roads -- 1: there is no other server to go to."""
        hosts = "&".join(f"host={address}:{port}" for address, port in self.hosts[:roads])
        return f"postgresql+psycopg://postgres@/{database}?{hosts}"

    def lose(self) -> None:
        """The machine at the first address is gone: no packet comes back, of any connection.
        Without a network of its own only its program stands still, and its system answers on."""
        if self.network is not None:
            _ip("-n", self.network, "route", "add", "blackhole", f"{_roads()[0][0]}/32")
        self.processes[0].send_signal(signal.SIGSTOP)

    def cut(self) -> None:
        """The cable is out: no packet goes either way, and nobody is told."""
        _ip("-n", f"{self.network}", "link", "set", f"{self.network}b", "down")

    def mend(self) -> None:
        _ip("-n", f"{self.network}", "link", "set", f"{self.network}b", "up")


@contextmanager
def lines_to(server: PostgresServer, *, own_network: bool = False) -> Iterator[Lines]:
    """own_network -- in a network namespace; raises NoNetwork where none can be made."""
    network = f"triage{os.getpid()}" if own_network else None
    addresses = [theirs for _, theirs in _roads()] if own_network else ["127.0.0.1"] * 2
    lines = Lines([(address, free_port()) for address in addresses], [], network)
    try:
        if network is not None:
            _lay_cable(network)
        for address, port in lines.hosts:
            words = [address, str(port), str(server.port), *([network] if network else [])]
            lines.processes.append(_start(words))
        yield lines
    finally:
        for process in lines.processes:
            process.kill()
            process.wait()
        if network is not None:
            _take_away(network)


class NoNetwork(Exception):
    """This machine, or whoever runs the tests, can make no network namespace."""


def _lay_cable(network: str) -> None:
    _clear_up()
    ours, theirs = f"{network}a", f"{network}b"
    _ip("netns", "add", network)
    _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", network)
    for our_end, their_end in _roads():
        _ip("address", "add", f"{our_end}/30", "dev", ours)
        _ip("-n", network, "address", "add", f"{their_end}/30", "dev", theirs)
    _ip("link", "set", ours, "up")
    _ip("-n", network, "link", "set", theirs, "up")


def _clear_up() -> None:
    """Take away what a process left that was killed, or that had our number before us."""
    for network in Path("/run/netns").glob("triage*"):
        left_by = _NAME.fullmatch(network.name)
        if left_by and (left_by[1] == str(os.getpid()) or not Path("/proc", left_by[1]).exists()):
            _take_away(network.name)


def _take_away(network: str) -> None:
    """The cable by itself and first: of a network that goes the kernel takes it away a while
    later, and until then nobody can lay another of its name."""
    for words in (["link", "del", f"{network}a"], ["netns", "del", network]):
        with suppress(OSError):
            subprocess.run(["ip", *words], check=False, capture_output=True)


def _ip(*words: str) -> None:
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", b"").decode(errors="replace").strip()
        if "File exists" in told:  # so one can be made
            raise AssertionError(f"ip {' '.join(words)}: {told}") from error
        raise NoNetwork(f"no network namespace can be made here: {told or error}") from error


def _start(words: list[str]) -> subprocess.Popen[bytes]:
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tests.faults.line", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"listens\n"
    return process


# --- the process in between -----------------------------------------------------------------


def _serve(address: str, port: int, server_port: int, network: str | None) -> None:
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if network is not None:
        _enter(os.open(Path("/run/netns") / network, os.O_RDONLY))
    with socket.create_server((address, port), backlog=128) as door:
        if network is not None:
            _enter(home)  # the door stays where it was made
        print("listens", flush=True)
        while True:
            ours = door.accept()[0]
            theirs = socket.create_connection(("127.0.0.1", server_port))
            for pair in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=_carry, args=pair, daemon=True).start()


def _enter(network: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(network, _NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _carry(source: socket.socket, to: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            to.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, to):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    where, at, server_at, *named = sys.argv[1:]
    _serve(where, int(at), int(server_at), named[0] if named else None)
