# SPDX-License-Identifier: Apache-2.0
"""Where the syslog tests take place: certificates, real daemons in roots of their own, and the
driver that sends through the real sinks."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PORT = {"udp": 10514, "tcp": 10601, "tls": 16514, "relp": 12514}
SERVER_NAME = "siem.test"
CLIENT_NAME = "sensor.test"
FIELDS = ("pri", "host", "app", "procid", "msgid", "sd", "id", "score", "msg")
NUMBER = re.compile(r"-([0-9a-f]+)-[0-9a-f]+-0$")  # of an event.id: "…-NUMBER-OPENED-UPDATE"


class LabError(Exception):
    """The lab itself does not work; no verdict about Sidewatch."""


def sh(*args, **more):
    done = subprocess.run(args, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise LabError(f"{' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


# ---- certificates ------------------------------------------------------------------------------

def make_authority(where, name):
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{where}/{name}.key",
       "-out", f"{where}/{name}.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def make_certificate(where, authority, name):
    base = f"{where}/{name}"
    sh("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
    Path(f"{base}.ext").write_text(f"subjectAltName=DNS:{name}\n")
    sh("openssl", "x509", "-req", "-in", f"{base}.csr", "-CA", f"{where}/{authority}.pem",
       "-CAkey", f"{where}/{authority}.key", "-CAcreateserial", "-days", "2",
       "-extfile", f"{base}.ext", "-out", f"{base}.pem")


def make_certificates(where):
    where.mkdir()
    make_authority(where, "ca")
    make_authority(where, "stranger")
    make_certificate(where, "ca", SERVER_NAME)
    make_certificate(where, "ca", CLIENT_NAME)


# ---- daemons -----------------------------------------------------------------------------------

RSYSLOG_INPUT = {
    "udp": 'module(load="imudp")\n'
           'input(type="imudp" address="127.0.0.1" port="{port}" rcvbufSize="{rcvbuf}")\n',
    "tcp": 'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="{port}")\n',
    "tls": 'module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1"\n'
           '  StreamDriver.AuthMode="x509/name" PermittedPeer=["{client}"])\n'
           'input(type="imtcp" address="127.0.0.1" port="{port}")\n',
}
RSYSLOG = '''global(workDirectory="/tmp" maxMessageSize="16k" processInternalMessages="off"
  defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="/tmp/tls/ca.pem"
  defaultNetstreamDriverCertFile="/tmp/tls/{server}.pem"
  defaultNetstreamDriverKeyFile="/tmp/tls/{server}.key")
module(load="mmjsonparse")
{input}
template(name="parsed" type="string" string="%pri%\\t%hostname%\\t%app-name%\\t%procid%\\t%msgid%\\t%structured-data%\\t%$!event!id%\\t%$!sidewatch!incident!score%\\t%msg%\\n")
action(type="mmjsonparse" cookie="")
action(type="omfile" file="/tmp/{out}" template="parsed")
'''
SYSLOG_NG_INPUT = {
    "udp": 'transport("udp") so-rcvbuf({rcvbuf})',
    "tcp": 'transport("tcp")',
    "tls": 'transport("tls") tls(key-file("/tmp/tls/{server}.key") '
           'cert-file("/tmp/tls/{server}.pem") ca-file("/tmp/tls/ca.pem") '
           'peer-verify(required-trusted))',
}
SYSLOG_NG = '''@version: 3.38
options {{ use-dns(no); keep-hostname(yes); stats-level(0); }};
source s {{ syslog(ip(127.0.0.1) port({port}) {input}); }};
parser p {{ json-parser(prefix(".sw.")); }};
destination d {{ file("/tmp/{out}" template("$PRI\\t$HOST\\t$PROGRAM\\t$PID\\t$MSGID\\t$SDATA\\t${{.sw.event.id}}\\t${{.sw.sidewatch.incident.score}}\\t$MSG\\n")); }};
log {{ source(s); parser(p); destination(d); flags(flow-control); }};
'''


class Daemon:
    """A real one, in its root, with the lab's folder as its /tmp."""

    RCVBUF = 4 << 20

    def __init__(self, lab, kind, protocol):
        self.lab, self.kind, self.protocol, self.process = lab, kind, protocol, None
        self.out = lab.work / f"received-{kind}-{protocol}-{lab.next_number()}"
        values = {"port": PORT[protocol], "server": SERVER_NAME, "client": CLIENT_NAME,
                  "rcvbuf": self.RCVBUF, "out": self.out.name}
        inputs, whole = ((RSYSLOG_INPUT, RSYSLOG) if kind == "rsyslog"
                         else (SYSLOG_NG_INPUT, SYSLOG_NG))
        self.config(whole.format(input=inputs[protocol].format(**values), **values))

    def config(self, text):
        self.conf = self.lab.work / f"{self.out.name}.conf"
        self.conf.write_text(text)

    def command(self):
        name = self.out.name
        if self.kind == "rsyslog":
            return ["/usr/sbin/rsyslogd", "-n", "-iNONE", "-f", f"/tmp/{name}.conf"]
        return ["/usr/sbin/syslog-ng", "-F", "--no-caps", "-f", f"/tmp/{name}.conf",
                "--persist-file", f"/tmp/{name}.persist", "--pidfile", f"/tmp/{name}.pid",
                "--control", f"/tmp/{name}.ctl"]

    def start(self):
        with open(self.lab.work / f"{self.out.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                ["chroot", str(self.lab.roots[self.kind]), *self.command()], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL)
        self.lab.started.append(self.process)
        self.await_listening()
        return self

    def await_listening(self):
        flag, port = ("-uln" if self.protocol == "udp" else "-tln"), PORT[self.protocol]
        for _ in range(200):
            if f":{port} " in sh("ss", "-H", flag):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise LabError(f"{self.kind} does not listen: "
                       + (self.lab.work / f"{self.out.name}.log").read_text()[-2000:])

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def records(self):
        """What it wrote, line by line; a last line that a kill tore is no message."""
        if not self.out.exists():
            return []
        lines = self.out.read_bytes().decode("ascii", "replace").split("\n")
        rows = [line.split("\t", len(FIELDS) - 1) for line in lines]
        return [dict(zip(FIELDS, row)) for row in rows if len(row) == len(FIELDS)]

    def numbers(self):
        found = (NUMBER.search(r["id"]) for r in self.records() if r["msgid"] == "INCIDENT")
        return [int(m.group(1), 16) for m in found if m]

    def await_count(self, wanted, seconds):
        """Until that many different incidents are there, or time is up."""
        end = time.monotonic() + seconds
        while len(set(self.numbers())) < wanted and time.monotonic() < end:
            time.sleep(0.2)


# ---- the driver --------------------------------------------------------------------------------

class Drive:
    """One run of the driver."""

    def __init__(self, lab, servers, first, count, rate, wait, sinks=None):
        number = lab.next_number()
        self.bystander = lab.work / f"bystander-{number}.json"
        self.conf = lab.work / f"drive-{number}.yaml"
        self.count = count
        every = {"terminal": {"enabled": False}, "syslog": {"enabled": False},
                 "json": {"path": str(self.bystander), "level": "record"},
                 "syslog_servers": servers}
        every.update(sinks or {})
        self.conf.write_text(json.dumps({"sinks": every}).replace("false", "off")
                             .replace("true", "on"))
        self.log = lab.work / f"drive-{number}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(lab.driver), str(self.conf), str(first), str(count), str(rate), str(wait)],
                stdout=subprocess.PIPE, stderr=log, text=True)
        lab.started.append(self.process)

    def await_half(self):
        line = self.process.stdout.readline()
        if line != "half\n":
            raise LabError(f"the driver said {line!r}: {self.told()}")

    def finish(self):
        """Its report."""
        text = self.process.stdout.read()
        if self.process.wait() != 0:
            raise LabError(f"the driver failed: {self.told()}")
        self.report = json.loads(text.splitlines()[-1])
        return self.report

    def told(self):
        return self.log.read_text()

    def await_sent(self, seconds=60):
        """Until the sink beside it has all of them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.bystander.read_bytes().count(b"\n") >= self.count:
                return
            time.sleep(0.2)
        raise LabError(f"not all sent after {seconds} s")

    def stats(self, name):
        return next(s for s in self.report["sinks"] if s["name"] == name)

    def bystander_numbers(self):
        with open(self.bystander, encoding="ascii") as lines:
            ids = (json.loads(line)["event"]["id"] for line in lines)
            return [int(m.group(1), 16) for m in map(NUMBER.search, ids) if m]


class Lab:
    def __init__(self, work, driver, roots):
        self.work, self.driver, self.roots = work, driver, roots
        self.started, self.number = [], 0
        make_certificates(work / "tls")

    def next_number(self):
        self.number += 1
        return self.number

    def server(self, protocol, **more):
        entry = {"protocol": protocol, "host": "127.0.0.1", "port": PORT[protocol],
                 "level": "record",
                 "spool": {"dir": str(self.work / f"spool-{self.next_number()}")}}
        if protocol == "tls":
            tls = self.work / "tls"
            entry.update(ca=f"{tls}/ca.pem", certificate=f"{tls}/{CLIENT_NAME}.pem",
                         key=f"{tls}/{CLIENT_NAME}.key", name=SERVER_NAME)
        entry.update(more)
        return {k: v for k, v in entry.items() if v is not None}

    def drive(self, servers, count, first=0, rate=0, wait=30, **more):
        return Drive(self, servers, first, count, rate, wait, **more)

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self.started = []


def enter(roots, work):
    """A mount and a network namespace of our own, which end with this process."""
    sh("ip", "link", "set", "lo", "up")
    for root in roots.values():
        for source, target in ((work, root / "tmp"), (Path("/dev"), root / "dev")):
            sh("mount", "--bind", str(source), str(target))
    hosts = work / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {SERVER_NAME}\n")
    resolv = work / "resolv.conf"
    resolv.write_text("nameserver 192.0.2.53\noptions timeout:3 attempts:1\n")
    for path in (hosts, resolv):
        sh("mount", "--bind", str(path), os.path.realpath(f"/etc/{path.name}"))
