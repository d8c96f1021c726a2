# SPDX-License-Identifier: Apache-2.0
"""demo.py SIDEWATCH START WIDTH: what demo.sh runs inside the lab."""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading
import time

from lab.detector import Detector
from lab.lab import LAB, Lab, LabError, Names

WITHIN_S = 15
SINKS = {"sinks": {"syslog": {"enabled": False}, "terminal": {"enabled": True, "level": "notice"}}}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def say(text):
    print(f"\x1b[2m{text}\x1b[0m" if sys.stdout.isatty() else text, flush=True)


class Screen:
    """A terminal for the detector; what it prints is shown and kept."""

    def __init__(self, width):
        self.main, self.terminal = pty.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        self.text = ""
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self):
        while True:
            try:
                data = os.read(self.main, 4096).decode("utf-8", "replace").replace("\r", "")
            except OSError:
                return
            data = data if sys.stdout.isatty() else COLOURS.sub("", data)
            self.text += COLOURS.sub("", data)
            sys.stdout.write(data)
            sys.stdout.flush()


def demo(program, start_s, width):
    names = Names("demo")
    names.users, names.port = ["alice", "bob"], 22
    names.programs = {path: path for path in names.programs}
    ip = names.ip
    lab = Lab(names)
    lab.set_up()
    screen = Screen(width)
    detector = Detector(lab, program, None, "netns", output=screen.terminal)
    wrong = detector.start(SINKS)
    if wrong:
        print(lab.log("sidewatch.err"), file=sys.stderr)
        raise LabError(wrong)
    say(f"Three hosts with sshd: A {ip['A']}, H {ip['H']} and B {ip['B']}. Sidewatch watches H.\n"
        f"Somebody on A has alice's key:  ssh alice@{ip['H']}, and from that shell  ssh {ip['B']}\n")
    ssh = lab.on("A", "ssh", "-tt", f"alice@{ip['H']}", f"echo $SSH_CONNECTION >{LAB}/root; ssh {ip['B']} uname -n",
                 stdout=open(LAB / "log/ssh", "wb"))

    def shown():
        root = (LAB / "root").read_text().split()[:2] if (LAB / "root").exists() else []
        text = re.sub(r"\s+", "", screen.text)
        return len(root) == 2 and ":".join(root) in text and ip["B"] in text

    while not shown():
        if time.time() - start_s > WITHIN_S:
            raise LabError(f"no incident was shown within {WITHIN_S} s")
        if detector.died():
            print(lab.log("sidewatch.err"), file=sys.stderr)
            raise LabError(detector.died())
        time.sleep(0.02)
    elapsed_s = time.time() - start_s
    if ssh.wait(WITHIN_S) != 0:
        raise LabError("the pivot itself failed")
    time.sleep(0.2)  # for the rest of what is being printed
    _, wrong = detector.stop()
    if wrong:
        raise LabError(wrong)
    say(f"\nShown {elapsed_s:.1f} s after the demo began to set up its hosts; nothing of it is left.")


def main():
    (LAB / "root").touch(mode=0o666)
    (LAB / "root").chmod(0o666)
    try:
        demo(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
