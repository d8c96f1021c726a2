# SPDX-License-Identifier: Apache-2.0
"""The cases: a file each, cases/FAMILY/NAME.py. Its first line of text is the shape or trick, EXPECT what comes of it, WHY
the reason where that is less than one sure peer, play(case) the play. before(case) comes before the sensor's start, after(case)
when all others have been played."""
import fnmatch
import importlib.util
from pathlib import Path

from judge import ONE_PEER, THEN, WORDS

HERE = Path(__file__).resolve().parent
SETS = ("core", "precision")
FAMILIES = {"servers": "Servers", "lifetime": "Lifetime", "ways-in": "Ways in", "ways-out": "Ways out over TCP",
            "brokers": "Brokers"}


class BrokenCase(Exception):
    """The file is no case; the text names it."""


class Script:
    """What a file says."""

    def __init__(self, path):
        self.path, self.family = path, path.parent.name
        self.name = f"{self.family}/{path.stem}"
        spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.title = (module.__doc__ or "").strip()
        self.why = getattr(module, "WHY", "")
        self.vm_only = getattr(module, "VM_ONLY", False)
        self.before, self.play, self.after = (getattr(module, name, None) for name in ("before", "play", "after"))
        expect = getattr(module, "EXPECT", None)
        self.expect = {name: expect for name in SETS} if isinstance(expect, str) else expect
        self._check()

    def _check(self):
        def must(good, what):
            if not good:
                raise BrokenCase(f"{self.path}: {what}")

        must(self.family in FAMILIES, f"{self.family} is no family")
        must(self.title and "\n" not in self.title, "a title of one line is missing")
        must(callable(self.play), "play(case) is missing")
        must(isinstance(self.expect, dict) and set(SETS) <= set(self.expect), "EXPECT must be of both sets")
        words = [word for value in self.expect.values() for word in value.split(THEN)]
        must(set(words) <= set(WORDS), "EXPECT is no word of judge.WORDS")
        less = set(words) - set(ONE_PEER)
        must(bool(less) == bool(self.why), "WHY must be there where EXPECT is less than one sure peer, and only there")

    def expected(self, kernel, probes):
        """Under a set, or on one kernel under it: "core" or "6.1 core"."""
        return self.expect.get(f"{kernel} {probes}", self.expect[probes])


def load(folder=HERE / "cases", only=None):
    scripts = [Script(path) for path in sorted(folder.glob("*/*.py"))]
    order = list(FAMILIES)
    scripts.sort(key=lambda script: order.index(script.family))
    return [script for script in scripts
            if not only or fnmatch.fnmatchcase(script.name, only) or fnmatch.fnmatchcase(script.path.stem, only)]
