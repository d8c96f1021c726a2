# SPDX-License-Identifier: Apache-2.0
"""The Sidewatch process on host H: its configuration, its start and end, its accounting."""
import re
import signal
import subprocess
import time

import yaml

from .lab import LAB, LOG, LabError, START_S, wait_until

ARMED = "sidewatch: armed"
ACCOUNTING = re.compile(r"^sidewatch: accounting (.*)$", re.MULTILINE)
END_S = 20
CANNOT = 3  # exit code: this system cannot carry it


def merged(base, extra):
    """extra laid over base: mappings key by key, everything else replaces."""
    if not isinstance(base, dict) or not isinstance(extra, dict):
        return extra
    return {**base, **{key: merged(base.get(key), value) for key, value in extra.items()}}


def configuration(names, extra):
    """What all scenarios share; the port is drawn, so the detector has to be told."""
    config = merged({
        "networks": {"internal": [str(names.net), str(names.net6)]},
        "login_ports": [22],
        "sinks": {"syslog": {"enabled": True, "level": "notice"}},
    }, extra)
    if names.port not in config["login_ports"]:
        config["login_ports"].append(names.port)
    return config


class Detector:
    def __init__(self, lab, program, probes, scope, output=None, record=None):
        self.lab, self.program, self.probes, self.scope, self.output = lab, program, probes, scope, output
        self.record = record  # folder/name: a capture and what was told meanwhile, as NAME.swcap and NAME.jsonl
        self.process = None

    def start(self, extra, patience_s=START_S):
        config = LAB / "sidewatch.yaml"
        config.write_text(yaml.safe_dump(configuration(self.lab.names, extra)))
        arguments = {"netns": ["--scope", "netns:/run/netns/H"], "cgroup": ["--scope", f"cgroup:{LAB}/cgroup/H"],
                     "none": []}[self.scope]
        if self.probes:
            arguments += ["--probes", self.probes]
        command, output = ["run"], self.output or open(LOG / "sidewatch.out", "wb")
        if self.record:
            command, output = ["record", "--json", f"{self.record}.swcap"], open(f"{self.record}.jsonl", "wb")
        self.process = self.lab.on("H", self.program, *command, "--config", config, *arguments, stdout=output,
                                   stderr=open(LOG / "sidewatch.err", "wb"))
        try:
            wait_until(lambda: ARMED in self._said().splitlines() or self.process.poll() is not None, "armed", patience_s)
        except LabError:
            return f"not armed within {patience_s:g} s"
        return self.died()

    def refuses(self):
        return self.process.poll() == CANNOT

    def died(self):
        code = self.process.poll()
        return None if code is None else f"sidewatch ended by itself with exit code {code}"

    def _said(self):
        return self.lab.log("sidewatch.err")

    def _counts(self):
        return [dict((key, int(value)) for key, value in (word.split("=") for word in line.split()))
                for line in ACCOUNTING.findall(self._said())]

    def accounting(self):
        """Asks the running detector for its counters; None if it does not answer."""
        before = len(self._counts())
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + END_S
        while time.monotonic() < deadline and self.process.poll() is None:
            counts = self._counts()
            if len(counts) > before:
                return counts[-1]
            time.sleep(0.02)
        return None

    def stop(self):
        """Ends it; returns the final counters (or None) and what was wrong with the end (or None)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None, f"sidewatch did not end within {END_S} s of SIGTERM"
        counts = self._counts()
        if code != 0:
            return counts[-1] if counts else None, f"sidewatch ended with exit code {code}"
        if not counts:
            return None, "sidewatch told no accounting at its end"
        return counts[-1], None


def unaccounted(counts):
    """What is wrong with final counters, or None: every record must have been consumed, dropped or capped."""
    try:
        for ring in "", "edges-":
            produced = counts[f"{ring}produced"]
            missing = produced - sum(counts[f"{ring}{fate}"] for fate in ("consumed", "dropped", "capped"))
            if missing:
                return f"{missing} of {produced} {ring}records are unaccounted for"
    except KeyError as key:
        return f"the accounting lacks {key}"
    return None
