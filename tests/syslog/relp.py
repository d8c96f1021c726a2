# SPDX-License-Identifier: Apache-2.0
"""The reliable route: local socket, rsyslog with a queue on disk, RELP, central rsyslog; with the
configuration that docs/siem ships, but for names and paths."""
import json
import time

import faults
import lab

SIEM = lab.HERE.parent.parent / "docs/siem"
SENSOR = '''global(workDirectory="/tmp/{spool}" processInternalMessages="off")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="/tmp/{socket}")
'''


class Relp(lab.Daemon):
    """rsyslogd with one of the shipped files."""

    def __init__(self, place, shipped, before=""):
        super().__init__(place, "rsyslog", "tcp")
        self.protocol = "relp"
        text = (SIEM / shipped).read_text()
        for old, new in (('target="siem.example.org"', 'target="127.0.0.1"'),
                         ("siem.example.org", lab.SERVER_NAME),
                         ("sensor.example.org", lab.CLIENT_NAME),
                         ("/etc/sidewatch/tls/siem.", f"/tmp/tls/{lab.SERVER_NAME}."),
                         ("/etc/sidewatch/tls/sensor.", f"/tmp/tls/{lab.CLIENT_NAME}."),
                         ("/etc/sidewatch/tls/", "/tmp/tls/"),
                         ("/var/log/sidewatch-central.json", f"/tmp/{self.out.name}"),
                         ('port="2514"', f'port="{lab.PORT["relp"]}"')):
            text = text.replace(old, new)
        self.config(before + text)

    def records(self):
        if not self.out.exists():
            return []
        found = []
        for line in self.out.read_bytes().split(b"\n"):
            try:
                found.append({"msgid": "INCIDENT", "id": json.loads(line)["event"]["id"]})
            except ValueError:  # a kill tore it; it comes again
                pass
        return found


class Sensor(Relp):
    def __init__(self, place):
        spool, self.socket = (f"{name}-{place.next_number()}" for name in ("relp", "log"))
        (place.work / spool).mkdir()
        super().__init__(place, "rsyslog-relp-sensor.conf",
                         SENSOR.format(spool=spool, socket=self.socket))

    def await_listening(self):
        while not (self.lab.work / self.socket).exists():
            if self.process.poll() is not None:
                raise lab.LabError("the sensor's rsyslogd ended")
            time.sleep(0.05)


def killed(place, count):
    """kill -9 of the central one in the middle: nothing is lost."""
    central = Relp(place, "rsyslog-relp-central.conf").start()
    sensor = Sensor(place).start()
    local = {"syslog": {"enabled": True, "path": str(place.work / sensor.socket),
                        "level": "record"}}
    drive = place.drive([], count, rate=1000, sinks=local)
    drive.await_half()
    faults.check(central.numbers(), "nothing had arrived before the kill")
    central.kill()
    time.sleep(1.5)
    central.start()
    drive.finish()
    central.await_count(count, 30)
    sensor.stop()
    central.stop()
    numbers, stats = central.numbers(), drive.stats("syslog")
    lost = faults.missing(numbers, count)
    faults.check(not lost and stats["dropped"] == 0, f"{len(lost)} lost: {lost[:9]}; {stats}")
    return faults.row("central killed -9 (local socket, rsyslog, RELP)", drive, numbers, 0, 0)
