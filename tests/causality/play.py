# SPDX-License-Identifier: Apache-2.0
"""Plays cases inside what lab/enter prepared, all before one sensor, and says of each how it went: RESULT {json}."""
import argparse
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

from lab.detector import Detector, unaccounted
from lab.lab import LOG, START_S, Lab, LabError, Names
import judge
import script
from stage import BACK_PORT, FIRST_PORT, PORTS, PROGRAMS, Case

TAIL = 20
SETTLE_S = 1.0


class Act:
    """A case, and what was wrong with it so far."""

    def __init__(self, case_script, lab, number, slowness):
        self.script, self.why, self.seconds = case_script, [], 0.0
        self.case = Case(lab, case_script.name, number, slowness)

    def run(self, what):
        if not what or self.why:
            return
        started = time.monotonic()
        try:
            what(self.case)
        except (LabError, OSError, ValueError, subprocess.SubprocessError) as error:
            self.why.append(f"the play failed: {type(error).__name__}: {error}")
            print(f"--- {self.script.name}", "".join(traceback.format_exception(error)[-3:]), *self.case.log().splitlines()[-TAIL:], sep="\n")
        self.seconds += time.monotonic() - started

    def end(self):
        """Whatever was wrong, what it started ends."""
        why, self.why = self.why, []
        self.run(lambda case: case.close())
        self.why = why + self.why

    def judge(self, told, expected):
        if not self.why:
            self.why += judge.faults(told, self.case.hops, {client.address for client in self.case.clients}, expected)


def told_by(capture):
    done = subprocess.run([PROGRAMS / "told", capture], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise LabError("the capture cannot be read")
    return [json.loads(line) for line in done.stdout.splitlines()]


def play_all(acts, detector, slowness):
    for act in acts:
        act.run(act.script.before)
    wrong = detector.start({"login_ports": [*range(FIRST_PORT, FIRST_PORT + PORTS), BACK_PORT]}, START_S * slowness)
    if wrong:
        print(detector.lab.log("sidewatch.err"))
        raise LabError(wrong)
    for act in acts:
        act.run(act.script.play)
        if not act.script.after:
            act.end()
        print(f"played {act.script.name} in {act.seconds:.1f} s", flush=True)
    for act in acts:
        if act.script.after:
            act.run(act.script.after)
            act.end()
    time.sleep(SETTLE_S)
    counts, wrong = detector.stop()
    wrong = wrong or unaccounted(counts) or (counts["dropped"] and f"{counts['dropped']} records were dropped")
    if wrong:
        raise LabError(wrong)


def main():
    parser = argparse.ArgumentParser()
    for option in ("kernel", "probes", "sidewatch", "cases", "only"):
        parser.add_argument("--" + option, default=None)
    parser.add_argument("--slowness", type=float, default=1)
    options = parser.parse_args()
    lab = Lab(Names(f"causality/{options.kernel}/{options.probes}"))
    scripts = [found for found in script.load(Path(options.cases), options.only) if options.kernel != "native" or not found.vm_only]
    detector = Detector(lab, options.sidewatch, options.probes, "cgroup", record=LOG / "told")
    try:
        lab.set_up()
        acts = [Act(found, lab, number, options.slowness) for number, found in enumerate(scripts)]
        play_all(acts, detector, options.slowness)
        told = told_by(f"{detector.record}.swcap")
    except (LabError, OSError) as error:
        sys.exit(f"causality: the lab failed: {error}")
    for act in acts:
        act.judge(told, act.script.expected(options.kernel, options.probes))
        print("RESULT " + json.dumps({"name": act.script.name, "why": act.why, "seconds": round(act.seconds, 1)}), flush=True)


if __name__ == "__main__":
    main()
