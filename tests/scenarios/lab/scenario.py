# SPDX-License-Identifier: Apache-2.0
"""A scenario: a folder with run.sh and expect.yaml, read and checked before anything is played."""
import fnmatch
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HOSTS = ("A", "H", "B", "C", "D")
BANDS = ("record", "notice", "alert", "critical")  # in rising order
PHASES = ("cold", "learned", "both")
PLAY, EXPECT = "run.sh", "expect.yaml"


class BrokenScenario(Exception):
    """The folder cannot be played; the text names file and line."""


@dataclass
class Scenario:
    folder: Path
    name: str  # category/folder, as result lines have it
    title: str = ""
    phase: str = "cold"
    packages: list = field(default_factory=list)
    detectors: list = field(default_factory=list)
    root: str | None = None
    candidates: list = field(default_factory=list)  # hosts, where no single root can be named
    through: str = "H"
    to: list = field(default_factory=list)
    severity: str | None = None
    silent: bool = False
    at_most: str = "notice"
    lost: int = 0
    timeout_s: float = 60
    config: dict = field(default_factory=dict)
    within_ms: float | None = None  # the incident must be told this soon after the connection; else at all
    confidence: str | None = None  # of the incident's origin; else any
    chain: list = field(default_factory=list)  # programs of the lineage, in this order; others may be in between
    produced: int | None = None  # records on the rings that the play may cause at most; else any number
    edge_flows: int | None = None  # connections that must be counted as edges meanwhile, to the unit; else any number

    def phases(self):
        return ("cold", "learned") if self.phase == "both" else (self.phase,)


def _text(value):
    return isinstance(value, str) and value != ""


def _list_of(test):
    return lambda value: isinstance(value, list) and all(test(item) for item in value)


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


# key: (is the value good, what it has to be)
KEYS = {
    "title": (_text, "a text"),
    "phase": (lambda value: value in PHASES, "one of " + ", ".join(PHASES)),
    "packages": (_list_of(_text), "a list of package names"),
    "detectors": (_list_of(_text), "a list of detector names"),
    "root": (lambda value: value in HOSTS, "one of " + ", ".join(HOSTS)),
    "candidates": (_list_of(lambda value: value in HOSTS), "a list of hosts"),
    "through": (lambda value: value == "H", "H, the host with the detector"),
    "to": (_list_of(lambda value: value in HOSTS), "a list of hosts"),
    "severity": (lambda value: value in BANDS, "one of " + ", ".join(BANDS)),
    "silent": (lambda value: isinstance(value, bool), "true or false"),
    "at_most": (lambda value: value in BANDS, "one of " + ", ".join(BANDS)),
    "lost": (lambda value: _number(value) and isinstance(value, int), "a whole number"),
    "timeout_s": (lambda value: _number(value) and value > 0, "a number of seconds"),
    "config": (lambda value: isinstance(value, dict), "a mapping"),
    "within_ms": (lambda value: _number(value) and value > 0, "a number of milliseconds"),
    "confidence": (_text, "a confidence, such as exact"),
    "chain": (_list_of(lambda value: _text(value) and value.startswith("/")), "a list of absolute paths of programs"),
    "produced": (lambda value: _number(value) and isinstance(value, int), "a whole number"),
    "edge_flows": (lambda value: _number(value) and isinstance(value, int), "a whole number"),
}


def _mapping_with_lines(path):
    """The file's top-level mapping and the line of each of its keys."""
    try:
        text = path.read_text("utf-8")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise BrokenScenario(f"{path}:1: this must be a mapping of keys to values")
        lines = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                raise BrokenScenario(f"{path}:{line}: '{key.value}' is there twice")
            lines[key.value] = line
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenScenario(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BrokenScenario(f"{path}:1: not YAML: {error}") from error


def load(folder, name):
    for file in (PLAY, EXPECT):
        if not (folder / file).is_file():
            raise BrokenScenario(f"{folder / file}:1: there is no such file")
    path = folder / EXPECT
    values, lines = _mapping_with_lines(path)
    for key, value in values.items():
        if key not in KEYS:
            raise BrokenScenario(f"{path}:{lines[str(key)]}: unknown key '{key}'")
        good, wanted = KEYS[key]
        if not good(value):
            raise BrokenScenario(f"{path}:{lines[key]}: '{key}' must be {wanted}")
    if "title" not in values:
        raise BrokenScenario(f"{path}:1: 'title' is missing")
    if ("severity" in values) == bool(values.get("silent")):
        line = lines.get("silent", lines.get("severity", 1))
        raise BrokenScenario(f"{path}:{line}: either 'severity' or 'silent: true' is needed, not both")
    if values.get("root") and values.get("candidates"):
        raise BrokenScenario(f"{path}:{lines['candidates']}: either 'root' or 'candidates', not both")
    if values.get("silent"):
        for key in ("detectors", "root", "candidates", "to"):
            if values.get(key):
                raise BrokenScenario(f"{path}:{lines[key]}: '{key}' makes no sense with 'silent: true'")
    return Scenario(folder=folder, name=name, **values)


def _folders(base):
    """Scenario folders below base, base itself included; every other leaf folder is a broken one."""
    if (base / PLAY).exists() or (base / EXPECT).exists():
        yield base
        return
    below = sorted(entry for entry in base.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not below:
        yield base
    for entry in below:
        yield from _folders(entry)


def find(bases, only=None):
    """Loads what lies below the bases; returns scenarios and, for broken ones, (name, what is wrong)."""
    found, broken = [], []
    for base in map(Path, bases):
        if not base.is_dir():
            broken.append((base.name, f"{base}:1: there is no such folder"))
            continue
        for folder in _folders(base.absolute()):
            name = folder.name if folder == base.absolute() else f"{folder.parent.name}/{folder.name}"
            if only and not any(fnmatch.fnmatchcase(part, only) for part in (name, folder.name)):
                continue
            try:
                found.append(load(folder, name))
            except BrokenScenario as error:
                broken.append((name, str(error)))
    return found, broken
