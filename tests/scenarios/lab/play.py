# SPDX-License-Identifier: Apache-2.0
"""Plays one scenario once, inside what lab/enter prepared, and says how it went: RESULT {json}."""
import argparse
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

from . import judge
from .detector import Detector, unaccounted
from .lab import LAB, LOG, Lab, LabError, Names
from .scenario import Scenario, load

CODE = Path(__file__).resolve().parent
SETTLE_S = 1.0  # what a play caused has reached the detector's counters and the log by then
LEARN_ROUNDS, DAY_S = 3, 1
TAIL = 15
PIVOT = Scenario(folder=CODE / "pivot", name="pivot", detectors=["session-pivot"], root="A", to=["B"], severity="alert")


class Play:
    def __init__(self, options):
        self.options = options
        self.scenario = load(options.folder, options.name)
        self.lab = Lab(Names(options.seed))
        self.detector = Detector(self.lab, options.sidewatch, options.probes, options.scope,
                                 record=options.record)

    def run(self):
        print(f"lab {self.lab.names}", flush=True)
        self.lab.set_up()
        wrong = self.detector.start(self.scenario.config)
        if wrong:
            return judge.Verdict(why=[wrong], skipped=self.detector.refuses())
        self.lab.start_witness()
        before = self._accounting()
        verdict = self._silent() if self.scenario.silent else self._attack(self.scenario, self.options.phase)
        if not self.scenario.silent:
            verdict.why += self._grown(before)
        died = self.detector.died()
        counts, wrong = self.detector.stop()
        verdict.why += [fault for fault in (died, wrong) if fault and fault not in verdict.why]
        if counts:
            print("accounting " + " ".join(f"{key}={value}" for key, value in counts.items()))
            fault = unaccounted(counts)
            verdict.why += [fault] if fault else []
            verdict.lost = max(verdict.lost, counts.get("dropped", 0))
        if verdict.lost > self.scenario.lost:
            verdict.why.append(f"{verdict.lost} records lost, {self.scenario.lost} allowed")
        incidents, faults = judge.read(self.lab.log("incidents"))
        verdict.why += faults + judge.set_faults(incidents, self.options.probes)
        verdict.bodies = list(judge.bodies(self.lab.log("incidents")))
        return verdict

    def _play(self, scenario, phase):
        """Plays a scenario's run.sh; returns what was wrong, or None."""
        stage = LAB / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        shutil.copytree(scenario.folder, stage)
        for file in (LAB / "marks", LAB / "root"):
            file.write_text("")
        (LAB / "root").chmod(0o666)
        environment = {**os.environ, **self.lab.names.environment(), "LAB_CODE": str(CODE), "LAB_ROOT": str(LAB / "root"),
                       "LEARN_ROUNDS": str(LEARN_ROUNDS), "DAY_S": str(DAY_S)}
        log = open(LOG / "play", "ab")
        timeout_s = scenario.timeout_s * self.options.slowness
        with subprocess.Popen(["/bin/bash", CODE / "play.bash", stage, phase], env=environment, start_new_session=True,
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log) as player:
            try:
                code = player.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(player.pid, signal.SIGKILL)
                return f"run.sh did not end within {timeout_s:.0f} s"
        return f"run.sh failed: exit code {code}" if code else None

    def _truth(self):
        told = (LAB / "root").read_text().split()[:2]
        attack = [float(line.split()[1]) for line in (LAB / "marks").read_text().splitlines() if line.startswith("attack ")]
        return judge.Truth(self.lab.names, self.lab.syns(), self.lab.sshd_peers("H"), self.lab.sshd_logins(),
                           (told[0], int(told[1])) if told else None, attack[-1] if attack else 0)

    def _attack(self, scenario, phase, known=()):
        """Plays an attack and waits for its incident; incidents in known are older."""
        failed = self._play(scenario, phase)
        deadline = time.monotonic() + (0 if failed else self.options.patience)
        while True:
            incidents = [incident for incident in judge.read(self.lab.log("incidents"))[0] if incident.id not in known]
            verdict = judge.judge_attack(scenario, incidents, self._truth())
            if not verdict.why or time.monotonic() > deadline or self.detector.died():
                break
            time.sleep(0.1)
        verdict.why = ([failed] if failed else []) + verdict.why
        return verdict

    def _accounting(self):
        """The detector's counters, if the scenario says what becomes of them or is silent."""
        asked = self.scenario.silent or self.scenario.produced is not None or self.scenario.edge_flows is not None
        return self.detector.accounting() if asked else None

    def _grown(self, before):
        """What is wrong with the counters, a list; before: as they were when the play began, None if nobody asks."""
        if before is None:
            return ["sidewatch does not answer SIGUSR1 with its accounting"] if self.scenario.silent else []
        time.sleep(SETTLE_S)
        after = self.detector.accounting()
        if not after:
            return ["sidewatch does not answer SIGUSR1 with its accounting"]
        grown = {key: after[key] - before.get(key, 0) for key in after}
        wrong = []
        if self.scenario.produced is not None:
            print(f"produced while it played: {grown['produced']}")
            if grown["produced"] > self.scenario.produced:
                wrong.append(f"{grown['produced']} records were produced, {self.scenario.produced} allowed")
        if self.scenario.edge_flows is not None:
            print(f"flows counted by edge while it played: {grown['edge-flows']}")
            more = grown["edge-flows"] - self.scenario.edge_flows
            if more < 0 or (more and self.options.scope != "none"):  # without a scope those of the lab's other hosts count, too
                wrong.append(f"{grown['edge-flows']} flows were counted by edge, not {self.scenario.edge_flows}")
        return wrong

    def _silent(self):
        before = self._accounting()
        failed = self._play(self.scenario, self.options.phase)
        wrong = self._grown(before)
        heard = {incident.id for incident in judge.read(self.lab.log("incidents"))[0]}
        # Silence proves nothing about a detector that is dead: now it has to speak.
        pivot = self._attack(PIVOT, "cold", heard)
        silent = [incident for incident in judge.read(self.lab.log("incidents"))[0] if incident.id in heard]
        verdict = judge.judge_silence(self.scenario, silent)
        verdict.lost = max(verdict.lost, pivot.lost)
        verdict.time_to_detect_ms = pivot.time_to_detect_ms
        verdict.why = wrong + verdict.why
        verdict.why = ([failed] if failed else []) + verdict.why + [f"the pivot afterwards: {why}" for why in pivot.why]
        return verdict

    def tails(self):
        for name in ("play", "sidewatch.err", "sidewatch.out", "incidents", "syslog", "rsyslogd"):
            lines = self.lab.log(name).splitlines()
            if lines:
                print(f"--- {name}, the last of {len(lines)} lines")
                print(*(line[:1500] for line in lines[-TAIL:]), sep="\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for option in ("name", "phase", "seed", "sidewatch", "probes", "scope"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--slowness", type=float, required=True)
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("--record", metavar="FOLDER/NAME")
    options = parser.parse_args()
    play = Play(options)
    try:
        verdict = play.run()
    except (LabError, OSError, ValueError) as error:
        traceback.print_exc(file=sys.stdout)
        verdict = judge.Verdict(why=[f"the lab failed: {error}"])
    if verdict.why:
        play.tails()
    print("RESULT " + json.dumps(dataclasses.asdict(verdict)), flush=True)


if __name__ == "__main__":
    main()
