# SPDX-License-Identifier: Apache-2.0
"""The faults: each a function of the lab that fails, or returns a row of the table."""
import json
import re
import signal
import time
from dataclasses import dataclass
from typing import Callable

import lab
import relp

KINDS = ("rsyslog", "syslog-ng")
PROTOCOLS = ("udp", "tcp", "tls")
# Sending never sleeps for a server: each fault would keep it for more than a second. A busy disk can keep
# it for a moment; and how long it takes, runnable but not running, is the machine's affair.
SLEPT_MS = 500
RATE = {"udp": 2000, "tcp": 0, "tls": 0}  # messages a second; 0: as fast as it goes
HEADER = {"pri": "83", "app": "sidewatch", "msgid": "INCIDENT", "score": "75"}
SD = re.compile(r'\[timeQuality tzKnown="1" isSynced="[01]"( syncAccuracy="\d+")?\]'
                r'\[origin enterpriseId="32473" software="sidewatch" swVersion="[\d.]+"\]'
                r'\[sidewatch@32473 incident="[-0-9a-f]+" update="0" band="alert" score="75"\]'
                r'\[meta sequenceId="(\d+)"\]')


class Failed(Exception):
    """Sidewatch did not do what it must."""


@dataclass
class Test:
    name: str
    slow: bool
    play: Callable


def check(holds, text):
    if not holds:
        raise Failed(text)


def row(name, drive, arrived, counted, lost):
    """One line of the table, after what holds for every fault."""
    report, numbers = drive.report, drive.bystander_numbers()
    for what in ("send", "work"):
        took, slept = report[f"{what}_ms"], report[f"{what}_slept_ms"]
        check(slept < SLEPT_MS, f"{what} took {took} ms, slept {slept} ms of it")
    check(numbers == list(range(numbers[0], numbers[0] + drive.count)) and drive.count > 0,
          f"the sink beside it has {len(numbers)} of {drive.count}")
    different = set(arrived)
    return {"fault": name, "sent": drive.count, "arrived": len(different),
            "doubles": len(arrived) - len(different), "dropped and counted": counted,
            "lost unseen": lost, "longest send, ms": round(report["send_ms"], 1),
            "of it asleep": round(report["send_slept_ms"], 1)}


def missing(numbers, count, first=0):
    return sorted(set(range(first, first + count)) - set(numbers))


# ---- without a fault ---------------------------------------------------------------------------

def deliver(place, kind, protocol, count):
    """Every message arrives once, in order, and is parsed as what it is."""
    daemon = lab.Daemon(place, kind, protocol).start()
    drive = place.drive([place.server(protocol, enterprise_id=32473)], count, rate=1000)
    drive.finish()
    daemon.await_count(count, 10)
    daemon.stop()
    numbers, records = daemon.numbers(), daemon.records()
    check(numbers == list(range(count)), f"arrived {len(numbers)}, not each once in order")
    for i, record in enumerate(records):
        for field, value in HEADER.items():
            check(record[field] == value, f"{field} is {record[field]!r}")
        found = SD.fullmatch(record["sd"])
        check(found and int(found.group(2)) == i + 1, f"structured data {record['sd']!r}")
        body = json.loads(record["msg"])
        check(body["event"]["id"] == record["id"], "the body is not what was parsed")
    check(drive.stats(f"syslog-{protocol}")["sent"] == count, "not counted as sent")
    return row(f"none ({kind}, {protocol})", drive, numbers, 0, 0)


# ---- the receiver ------------------------------------------------------------------------------

def killed(place, kind, protocol, count):
    """kill -9 in the middle, back after a second and a half."""
    daemon = lab.Daemon(place, kind, protocol).start()
    drive = place.drive([place.server(protocol)], count, rate=RATE[protocol])
    drive.await_half()
    daemon.kill()
    time.sleep(1.5)
    daemon.start()
    drive.finish()
    daemon.await_count(count, 5)
    daemon.stop()
    numbers, stats = daemon.numbers(), drive.stats(f"syslog-{protocol}")
    lost = missing(numbers, count)
    check(stats["dropped"] == 0, f"{stats['dropped']} dropped although the spool had room")
    check(stats["queued"] == 0 and stats["sent"] == count, f"not all sent: {stats}")
    # What it had taken and not yet written dies with it; nothing else may.
    check(not lost or lost[-1] < count // 2 + 10, f"lost what was sent after it died: {lost[-9:]}")
    check("takes messages again" in drive.told(), "not told when it was back")
    return row(f"killed -9 ({kind}, {protocol})", drive, numbers, stats["dropped"], len(lost))


def stalled(place, kind, protocol, count):
    """SIGSTOP in the middle, SIGCONT when all are sent."""
    daemon = lab.Daemon(place, kind, protocol).start()
    drive = place.drive([place.server(protocol)], count, rate=RATE[protocol])
    drive.await_half()
    daemon.signal(signal.SIGSTOP)
    drive.await_sent()
    time.sleep(1)
    daemon.signal(signal.SIGCONT)
    drive.finish()
    daemon.await_count(count, 5)
    daemon.stop()
    numbers, stats = daemon.numbers(), drive.stats(f"syslog-{protocol}")
    lost = missing(numbers, count)
    check(stats["dropped"] == 0 and stats["queued"] == 0, f"not all sent: {stats}")
    check(protocol == "udp" or not lost, f"{len(lost)} lost: {lost[:9]}")
    return row(f"stalled ({kind}, {protocol})", drive, numbers, stats["dropped"], len(lost))


# ---- identity ----------------------------------------------------------------------------------

def refused(place, kind, what, count):
    """TLS that must not come about: nothing arrives, all is kept, and all arrives once it is put
    right and Sidewatch is started again."""
    tls = place.work / "tls"
    wrong, told = {
        "authority": ({"ca": f"{tls}/stranger.pem"}, "the server's certificate: "),
        "name": ({"name": "other.test"}, "hostname mismatch"),
        "no certificate": ({"certificate": None, "key": None}, ""),
        "unreadable file": ({"ca": f"{tls}/absent.pem"}, "absent.pem"),
    }[what]
    daemon = lab.Daemon(place, kind, "tls").start()
    server = place.server("tls", **wrong)
    drive = place.drive([server], count, wait=1)
    stats = {s["name"]: s for s in drive.finish()["sinks"]}["syslog-tls"]
    check(not daemon.numbers(), f"{len(daemon.numbers())} arrived all the same")
    check(told in drive.told() and "127.0.0.1:" in drive.told(), f"told: {drive.told()!r}")
    check(stats["sent"] == 0 and stats["queued"] == count, f"not all kept: {stats}")
    right = place.drive([place.server("tls", spool=server["spool"])], 1, first=count)
    right.finish()
    daemon.await_count(count + 1, 10)
    daemon.stop()
    numbers = daemon.numbers()
    check(sorted(numbers) == list(range(count + 1)), f"then arrived {len(numbers)}")
    return row(f"wrong: {what} ({kind}, tls), then right", drive, numbers[:count], 0, 0)


# ---- the spool ---------------------------------------------------------------------------------

def losses(daemon):
    """Messages that LOSS messages own up to."""
    texts = (json.loads(r["msg"])["message"] for r in daemon.records() if r["msgid"] == "LOSS")
    return sum(int(re.search(r"dropped (\d+) messages", text).group(1)) for text in texts)


def bounded(place, name, server, count):
    """Nobody listens until all are sent; what did not fit is counted, and told afterwards."""
    drive = place.drive([server], count, wait=40)
    drive.await_half()
    drive.await_sent()
    time.sleep(1)
    daemon = lab.Daemon(place, "rsyslog", "tcp").start()
    drive.finish()
    daemon.stop()
    numbers, stats = daemon.numbers(), drive.stats("syslog-tcp")
    lost = missing(numbers, count)
    check(stats["dropped"] > 0, "all of it fitted: the test is too small")
    check(len(lost) == stats["dropped"], f"{len(lost)} lost, {stats['dropped']} counted")
    check(losses(daemon) == len(lost), f"{len(lost)} lost, {losses(daemon)} told")
    check(count - 1 in numbers, "the newest was dropped, not the oldest")
    return row(name, drive, numbers, stats["dropped"], 0)


def full_disk(place, count):
    disk = place.work / f"disk-{place.next_number()}"
    disk.mkdir()
    lab.sh("mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk))
    try:
        return bounded(place, "full disk under the spool, receiver away (rsyslog, tcp)",
                       place.server("tcp", spool={"dir": f"{disk}/spool"}), count)
    finally:
        place.end()
        lab.sh("umount", str(disk))


def full_spool(place, count):
    spool = {"dir": str(place.work / f"spool-{place.next_number()}"), "bytes": 1 << 20}
    return bounded(place, "spool of 1 MiB, receiver away (rsyslog, tcp)",
                   place.server("tcp", spool=spool), count)


def killed_sidewatch(place, count):
    """kill -9 of Sidewatch while the receiver is away: what is on disk is not lost."""
    spool = {"dir": str(place.work / f"spool-{place.next_number()}"), "bytes": 256 << 20}
    server = place.server("tcp", spool=spool)
    drive = place.drive([server], count, wait=60)
    drive.await_half()
    drive.await_sent()
    time.sleep(2)  # a tick moves the last of them to disk
    drive.process.kill()
    drive.process.wait()
    daemon = lab.Daemon(place, "rsyslog", "tcp").start()
    again = place.drive([server], 1, first=count)
    again.finish()
    daemon.await_count(count + 1, 10)
    daemon.stop()
    numbers = daemon.numbers()
    check(not missing(numbers, count + 1), f"{len(missing(numbers, count + 1))} lost")
    drive.report = again.report
    return row("Sidewatch killed -9, receiver away (rsyslog, tcp)", drive, numbers[:count], 0, 0)


def shared_spool(place):
    """A spool has one owner; the other one works from memory, and says so."""
    server = place.server("tcp")
    first = place.drive([server], 10, rate=5, wait=5)
    first.await_half()
    second = place.drive([server], 10, first=10, wait=1)
    second.finish()
    first.finish()
    check("another process has it" in second.told(), f"told: {second.told()!r}")
    check("another process" not in first.told(), "the owner lost it")


# ---- names -------------------------------------------------------------------------------------

def name_server_is_silent(place, count):
    """The name server never answers: nothing waits for it."""
    server = place.server("tcp", host="siem.example")
    drive = place.drive([server], count, wait=5)
    drive.finish()
    stats = drive.stats("syslog-tcp")
    check(stats["queued"] == count and stats["dropped"] == 0, f"not all kept: {stats}")
    return row("name server silent (tcp)", drive, [], 0, 0)


def by_name(place, count):
    daemon = lab.Daemon(place, "rsyslog", "tls").start()
    drive = place.drive([place.server("tls", host=lab.SERVER_NAME, name=None)], count)
    drive.finish()
    daemon.await_count(count, 5)
    daemon.stop()
    check(sorted(daemon.numbers()) == list(range(count)), f"arrived {len(daemon.numbers())}")


def beside(place, count):
    """Three servers at once, one away and one stalled: the third does not notice."""
    stuck = lab.Daemon(place, "syslog-ng", "tcp").start()
    well = lab.Daemon(place, "rsyslog", "tls").start()
    stuck.signal(signal.SIGSTOP)
    drive = place.drive([place.server("udp", port=9), place.server("tcp"), place.server("tls")],
                        count, rate=2000, wait=1)
    drive.finish()
    well.await_count(count, 5)
    well.stop()
    check(sorted(well.numbers()) == list(range(count)), f"arrived {len(well.numbers())}")
    return row("one server away, one stalled; to the third (tls)", drive, well.numbers(), 0, 0)


# ---- all of them -------------------------------------------------------------------------------

def tests(messages):
    few = min(messages, 500)

    def add(name, function, *args, slow=False):
        found.append(Test(name, slow, lambda place: function(place, *args)))

    found = []
    for kind in KINDS:
        for protocol in PROTOCOLS:
            name, slow = f"{kind}-{protocol}", kind != "rsyslog"
            add(f"deliver-{name}", deliver, kind, protocol, 200)
            add(f"killed-{name}", killed, kind, protocol, messages, slow=slow)
            add(f"stalled-{name}", stalled, kind, protocol, messages, slow=slow)
    for kind in KINDS:
        for what in ("authority", "name", "no certificate", "unreadable file"):
            add(f"wrong-{what.replace(' ', '-')}-{kind}", refused, kind, what, few,
                slow=kind != "rsyslog" and what != "no certificate")
    add("full-disk", full_disk, max(messages, 3000))
    add("full-spool", full_spool, max(messages, 3000))
    add("killed-sidewatch", killed_sidewatch, messages)
    add("shared-spool", shared_spool)
    add("name-server-is-silent", name_server_is_silent, few)
    add("by-name", by_name, few)
    add("beside", beside, few)
    add("relp", relp.killed, messages)
    return found
