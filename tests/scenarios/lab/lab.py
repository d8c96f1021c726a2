# SPDX-License-Identifier: Apache-2.0
"""The lab: five hosts that are network namespaces on one switch, with users, sshd and a syslog daemon.

It runs in what lab/enter has prepared, a root file system of its own, so it may change any file.
Everything that a detector must not depend on is drawn from the seed.
"""
import ipaddress
import os
import random
import subprocess
import time
from pathlib import Path

from .scenario import HOSTS
from . import wire

LAB = Path("/run/lab")
LOG = LAB / "log"
SWITCH = "switch"
SSH_HOSTS = ("A", "H", "B", "C")
RENAMED = ("/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/bash", "/usr/bin/dash")
START_S = 30

SSHD_CONFIG = """Port {port}
ListenAddress 0.0.0.0
ListenAddress ::
HostKey /etc/ssh/lab_key
PidFile none
LogLevel VERBOSE
UsePAM yes
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 100
MaxSessions 100
PrintMotd no
Subsystem sftp /usr/lib/openssh/sftp-server
"""

# Without a key exchange that takes seconds in a VM without KVM.
SSH_CONFIG = """Host *
    KexAlgorithms curve25519-sha256
    Port {port}
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ConnectTimeout 15
"""

RSYSLOG_CONFIG = """module(load="imuxsock" SysSock.Name="/dev/log")
module(load="mmjsonparse")
template(name="sidewatch" type="list") {
    property(name="timegenerated" dateFormat="rfc3339") constant(value=" ")
    property(name="parsesuccess") constant(value=" ") property(name="rawmsg") constant(value="\\n")
}
template(name="other" type="list") {
    property(name="timegenerated" dateFormat="rfc3339") constant(value=" ")
    property(name="programname") constant(value=" ") property(name="msg") constant(value="\\n")
}
if $programname == "sidewatch" then {
    action(type="mmjsonparse")
    action(type="omfile" file="/run/lab/log/incidents" template="sidewatch")
    stop
}
action(type="omfile" file="/run/lab/log/syslog" template="other")
"""


class LabError(Exception):
    """The lab itself could not be set up, which is no verdict about the detector."""


def call(*command, **options):
    done = subprocess.run([str(part) for part in command], stdin=options.pop("stdin", subprocess.DEVNULL),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def wait_until(condition, what, seconds=START_S):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Names:
    """What is drawn: addresses, ports, users, programs."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.draw = draw
        third = draw.randrange(256)
        self.net = ipaddress.ip_network(draw.choice((
            f"10.{draw.randrange(1, 255)}.{third}.0/24", f"172.{draw.randrange(16, 32)}.{third}.0/24",
            f"192.168.{third}.0/24")))
        self.net6 = ipaddress.ip_network((0xfd << 120 | draw.getrandbits(56) << 64, 64))
        last = draw.sample(range(2, 250), len(HOSTS))
        self.ip = {host: str(self.net[n]) for host, n in zip(HOSTS, last)}
        self.ip6 = {host: str(self.net6[n]) for host, n in zip(HOSTS, draw.sample(range(2, 65000), len(HOSTS)))}
        self.port = draw.choice((22, draw.randrange(1025, 32000)))
        self.users = [self.word(), self.word()]
        while self.users[0] == self.users[1]:
            self.users[1] = self.word()
        self.uids = draw.sample(range(1000, 50000), 2)
        self.password = self.word() + self.word()
        rename = draw.random() < 0.75
        self.programs = {path: os.path.dirname(path) + "/" + self.word() + str(draw.randrange(10)) if rename else path
                         for path in RENAMED}

    def word(self):
        return "".join(self.draw.choice("bdfgklmnprstvz") + self.draw.choice("aeiou") for _ in range(3))

    def environment(self):
        values = {f"IP_{host}": ip for host, ip in self.ip.items()}
        values.update({f"IP6_{host}": ip for host, ip in self.ip6.items()})
        values.update(USER1=self.users[0], USER2=self.users[1], SSHD_PORT=str(self.port), PASSWORD=self.password)
        return values

    def __str__(self):
        programs = " ".join(f"{os.path.basename(old)}={os.path.basename(new)}" for old, new in self.programs.items())
        hosts = " ".join(f"{host}={ip}" for host, ip in self.ip.items())
        return f"{hosts} sshd-port={self.port} users={','.join(self.users)} {programs}"


class Lab:
    def __init__(self, names):
        self.names = names
        self.witness = None
        LOG.mkdir(parents=True, exist_ok=True)

    def set_up(self):
        for step in (self._cut_network, self._rename, self._add_users, self._start_syslog, self._start_sshd):
            step()

    def on(self, host, *command, group="", **options):
        """Starts a command in a host's namespace and control group, or in a group of that name below it."""
        group = LAB / "cgroup" / host / group / "cgroup.procs"
        net = [] if host == SWITCH else ["nsenter", f"--net=/run/netns/{host}", "--"]
        script = 'echo $$ >"$0" && exec "$@"'
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(["/bin/sh", "-c", script, str(group), *net, *map(str, command)], **options)

    def _cut_network(self):
        names = self.names
        for host in (*HOSTS, SWITCH):
            (LAB / "cgroup" / host).mkdir()
        lines = [f"netns add {host}" for host in HOSTS] + ["link add br0 type bridge", "link set br0 up"]
        for host in HOSTS:
            lines += [f"link add port{host} type veth peer name eth0 netns {host}",
                      f"link set port{host} master br0 up"]
        call("ip", "-batch", "-", input="\n".join(lines) + "\n", stdin=None)
        for host in HOSTS:
            call("ip", "-netns", host, "-batch", "-", stdin=None, input="\n".join([
                "link set lo up", "link set eth0 up", f"address add {names.ip[host]}/{names.net.prefixlen} dev eth0",
                f"address add {names.ip6[host]}/64 dev eth0 nodad"]) + "\n")
            # As Debian's defaults have it: ping needs no privilege.
            call("nsenter", f"--net=/run/netns/{host}", "tee", "/proc/sys/net/ipv4/ping_group_range",
                 stdin=None, input="0 2147483647\n")
        with open("/etc/hosts", "a", encoding="utf-8") as hosts:
            for host in HOSTS:
                hosts.write(f"{names.ip[host]} {host.lower()}\n")

    def _rename(self):
        for old, new in self.names.programs.items():
            if old != new:
                os.rename(old, new)
                os.symlink(os.path.basename(new), old)

    def _add_users(self):
        names, shell = self.names, self.names.programs["/usr/bin/bash"]
        with open("/etc/shells", "a", encoding="utf-8") as shells:
            shells.write(shell + "\n")
        homes = {"root": Path("/root")}
        for n, (user, uid) in enumerate(zip(names.users, names.uids)):
            homes[user] = Path("/home") / user
            call("useradd", "-m", "-u", uid, "-s", shell, user)
            with open("/etc/sudoers.d/lab", "a", encoding="utf-8") as sudoers:
                sudoers.write(f"{user} ALL=(ALL) NOPASSWD: ALL\n")
        call("chpasswd", input="".join(f"{user}:{names.password}\n" for user in names.users), stdin=None)
        makers = [subprocess.Popen(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)])
                  for file in [Path("/etc/ssh/lab_key"), *(self._ssh_folder(home) / "id_ed25519" for home in homes.values())]]
        if any(maker.wait() for maker in makers):
            raise LabError("ssh-keygen failed")
        keys = "".join((home / ".ssh/id_ed25519.pub").read_text() for home in homes.values())
        for user, home in homes.items():
            (home / ".ssh/authorized_keys").write_text(keys)
            call("chown", "-R", f"{user}:{user}", home / ".ssh")

    @staticmethod
    def _ssh_folder(home):
        folder = home / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _start_syslog(self):
        (LAB / "rsyslog.conf").write_text(RSYSLOG_CONFIG)
        self.on(SWITCH, "rsyslogd", "-n", "-f", LAB / "rsyslog.conf", "-i", LAB / "rsyslog.pid",
                stdout=open(LOG / "rsyslogd", "wb"), stderr=subprocess.STDOUT)
        wait_until(Path("/dev/log").exists, "rsyslogd")

    def _start_sshd(self):
        Path("/etc/ssh/sshd_config").write_text(SSHD_CONFIG.format(port=self.names.port))
        Path("/etc/ssh/ssh_config").write_text(SSH_CONFIG.format(port=self.names.port))
        for host in SSH_HOSTS:
            self.on(host, self.names.programs["/usr/sbin/sshd"], "-D")
        wait_until(lambda: self.log("syslog").count("Server listening on 0.0.0.0") == len(SSH_HOSTS), "sshd")

    def start_witness(self):
        file = LAB / "wire.pcap"
        with open(LOG / "tcpdump", "wb") as log:
            self.witness = self.on(SWITCH, "tcpdump", "-i", "br0", "-U", "--immediate-mode", "-Z", "root",
                                   "-w", file, wire.FILTER, stdout=log, stderr=log)
        wait_until(lambda: file.exists() and file.stat().st_size >= 24, "tcpdump")

    def syns(self):
        """All SYNs that the switch saw so far."""
        return wire.read(LAB / "wire.pcap")

    def sshd_peers(self, host):
        """(address, port) of each connection that this host's sshd logged."""
        peers = set()
        for line in self.log("syslog").splitlines():
            words = line.split()
            if words[2:4] == ["Connection", "from"] and words[7:8] == ["on"] and words[8] in (
                    self.names.ip[host], self.names.ip6[host]):
                peers.add((words[4], int(words[6])))
        return peers

    def sshd_logins(self):
        """The user of each (address, port) that some sshd let in."""
        return self.sshd_logins_in(self.log("syslog"))

    @staticmethod
    def sshd_logins_in(text):
        logins = {}
        for line in text.splitlines():
            words = line.split()
            if words[2:3] == ["Accepted"] and words[4:5] == ["for"]:
                logins[words[7], int(words[9])] = words[5]
        return logins

    @staticmethod
    def log(name):
        file = LOG / name
        return file.read_text("utf-8", "replace") if file.exists() else ""
