# SPDX-License-Identifier: Apache-2.0
"""What a case plays with: its clients on host A, its servers on host H, which is watched, and its
targets on host B. The truth is what the ends of connections say of themselves."""
import ctypes
import itertools
import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.lab import LAB, LOG, LabError, wait_until
from judge import Hop

PROGRAMS = Path("/payload/.output/causality")
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PATIENCE_S = 10
# All that servers listen on are login ports, so that what they do themselves is told; a configuration holds 64.
FIRST_PORT, PORTS = 20000, 60
BACK_PORT = FIRST_PORT + PORTS  # of a server behind another
TARGET_PORTS = itertools.count(25000)  # each for one target: what is told is found by it


@contextmanager
def in_network(host):
    """Sockets that this thread makes are that host's."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{host}", os.O_RDONLY)
    try:
        if LIBC.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns to {host}")
        yield
    finally:
        LIBC.setns(own, CLONE_NEWNET)
        os.close(own)
        os.close(there)


class Client:
    """One connection to the host that is watched; `address` is its end here."""

    def __init__(self, address, stream=None):
        self.address, self.stream = tuple(address[:2]), stream

    def say(self, text):
        self.stream.sendall(text.encode())

    def close(self):
        self.stream.close()


class Target:
    """What is to be reached. `reached_from` is the address that the connection came from."""

    def __init__(self, listener):
        self.listener, self.reached_from = listener, None
        self.address = listener.getsockname()[:2]
        self.connection = None

    def __str__(self):
        return f"{self.address[0]} {self.address[1]}"

    @property
    def endpoint(self):
        return f"{self.address[0]}:{self.address[1]}"

    def wait(self, seconds):
        self.listener.settimeout(seconds)
        try:
            self.connection, address = self.listener.accept()
        except TimeoutError:
            raise LabError(f"nothing reached {self} within {seconds:g} s") from None
        self.reached_from = address[:2]


class Case:
    """One play. Everything that it starts ends with it."""

    def __init__(self, lab, name, number, slowness):
        self.lab, self.name, self.port = lab, name, FIRST_PORT + number % PORTS
        self.patience_s = PATIENCE_S * slowness
        self.clients, self.targets, self.hops, self.processes = [], [], [], []
        self.group = name.replace("/", "-")
        self.folder = LAB / "case" / self.group
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o777)  # for users who log in
        for host in ("A", "H"):
            (LAB / "cgroup" / host / self.group).mkdir()

    @property
    def ip(self):
        return self.lab.names.ip["H"]

    # ---- servers -----------------------------------------------------------------------------

    def start(self, *command, host="H", listens=True, port=None, **options):
        """Starts a program on a host; if it `listens`, returns when it does so on that port or the case's."""
        port = port or self.port
        if listens and self.is_listening(port):
            raise LabError(f"another case has left a server on port {port}")
        log = open(LOG / self.group, "ab")
        process = self.lab.on(host, *command, group=self.group, stdout=log, stderr=log, **options)
        self.processes.append(process)
        if listens:
            self.wait_for_port(port)
        return process

    def actor(self, shape, *words, listens=True):
        return self.start(PROGRAMS / "actor", shape, self.port, *words, listens=listens)

    def file(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    @staticmethod
    def is_listening(port):
        with in_network("H"):
            tables = [Path(f"/proc/thread-self/net/{name}").read_text() for name in ("tcp", "tcp6")]
        rows = [line.split() for table in tables for line in table.splitlines()]
        return any(row[3] == "0A" and row[1].endswith(f":{port:04X}") for row in rows)

    def wait_for_port(self, port):
        wait_until(lambda: self.is_listening(port), f"port {port} of H", self.patience_s)

    def wait_for(self, condition, what):
        wait_until(condition, what, self.patience_s)

    # ---- clients and targets -----------------------------------------------------------------

    def client(self, family=socket.AF_INET, protocol=0, first=None):
        """Connects; `first` is said with the SYN."""
        names = self.lab.names
        at = ((names.ip if family == socket.AF_INET else names.ip6)["H"], self.port)
        with in_network("A"):
            stream = socket.socket(family, socket.SOCK_STREAM, protocol)
        stream.settimeout(self.patience_s)
        if first:
            stream.sendto(first.encode(), socket.MSG_FASTOPEN, at)
        else:
            stream.connect(at)
        return self.known_client(stream.getsockname(), stream)

    def known_client(self, address, stream=None):
        """A client whose address somebody else has told."""
        client = Client(address, stream)
        self.clients.append(client)
        return client

    def target(self):
        with in_network("B"):
            listener = socket.create_server((self.lab.names.ip["B"], next(TARGET_PORTS)))
        target = Target(listener)
        self.targets.append(target)
        return target

    def reached(self, client, target, patience_s=None, **others):
        """Waits until the target was reached, because of what came from that client. `via`, `mistaken`: see judge.Hop."""
        target.wait(patience_s or self.patience_s)
        addresses = {role: other.address for role, other in others.items()}
        self.hops.append(Hop(client.address, target.address, target.reached_from, **addresses))

    def asks(self, client, target=None, form="{}\n", **others):
        """The client asks for a connection to a target, which is waited for."""
        target = target or self.target()
        client.say(form.format(target, ip=target.address[0], port=target.address[1]))
        self.reached(client, target, **others)

    # ---- the end -----------------------------------------------------------------------------

    def close(self):
        for client in self.clients:
            if client.stream:
                client.close()
        for target in self.targets:
            target.listener.close()
            if target.connection:
                target.connection.close()
        for host in ("A", "H"):
            self._end_group(LAB / "cgroup" / host / self.group)
        for process in self.processes:
            process.wait()

    def _end_group(self, group):
        (group / "cgroup.kill").write_text("1")
        deadline = time.monotonic() + self.patience_s
        while "populated 1" in (group / "cgroup.events").read_text():
            if time.monotonic() > deadline:
                raise LabError(f"processes of {self.name} do not end")
            for process in (group / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)  # cgroup.kill spares those whose leader has ended
            time.sleep(0.01)
        group.rmdir()

    def log(self):
        return self.lab.log(self.group)
