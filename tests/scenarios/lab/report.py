# SPDX-License-Identifier: Apache-2.0
"""Result lines and the numbers at the end of a run."""
import dataclasses
import json
import math
import statistics
from dataclasses import dataclass


@dataclass
class Result:
    name: str
    kernel: str
    probes: str
    attack: bool
    why: list  # empty: passed
    severity: str | None = None
    detectors: list = dataclasses.field(default_factory=list)
    root_ok: bool | None = None
    time_to_detect_ms: int | None = None
    lost: int = 0
    false_alerts: int = 0
    skipped: bool = False
    bodies: list = dataclasses.field(default_factory=list)  # of all messages that rsyslogd wrote

    @property
    def verdict(self):
        return "SKIP" if self.skipped else "FAIL" if self.why else "PASS"

    def line(self):
        root = {True: "yes", False: "no", None: "-"}[self.root_ok]
        time = "-" if self.time_to_detect_ms is None else self.time_to_detect_ms
        return (f"{self.verdict} {self.name} {self.kernel} {self.probes} {self.severity or '-'} "
                f"{','.join(self.detectors) or '-'} {root} {time} {self.lost}")

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text):
        return cls(**json.loads(text))


def share(good, of):
    return f"{good}/{of}" + (f" ({100 * good / of:.1f} %)" if of else "")


class Summary:
    def __init__(self, quiet=False):
        self.results, self.quiet = [], quiet

    def add(self, result):
        self.results.append(result)
        if not self.quiet:
            print(result.line())
            for why in result.why:
                print(f"    {why}")
            print(end="", flush=True)

    def counts(self):
        verdicts = [result.verdict for result in self.results]
        return verdicts.count("PASS"), verdicts.count("FAIL"), verdicts.count("SKIP")

    def close(self):
        if self.quiet:
            return
        attacks = [result for result in self.results if result.attack and not result.skipped]
        with_root = [result for result in attacks if result.root_ok is not None]
        times = sorted(result.time_to_detect_ms for result in self.results if result.time_to_detect_ms is not None)
        print(f"recall {share(sum(result.severity is not None and not result.why for result in attacks), len(attacks))}"
              f", root peer {share(sum(result.root_ok for result in with_root), len(with_root))}"
              f", false alerts {sum(result.false_alerts for result in self.results)}"
              f", lost {sum(result.lost for result in self.results)}")
        if times:
            p99 = times[math.ceil(0.99 * len(times)) - 1]
            print(f"time to detect: median {statistics.median(times):.0f} ms, p99 {p99} ms, of {len(times)}")
        passed, failed, skipped = self.counts()
        print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)

    def code(self):
        passed, failed, skipped = self.counts()
        return 0 if passed and not failed and not skipped else 1
