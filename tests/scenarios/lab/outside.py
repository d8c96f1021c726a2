# SPDX-License-Identifier: Apache-2.0
"""What those need who start a lab, here or in a VM."""
import hashlib
import subprocess
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
VM = TREE / "tests/vm"


class RunError(Exception):
    """Nothing can be played."""


def lines_of(command):
    """Runs a command and yields its output's lines as they come, at last its exit code."""
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, errors="replace") as process:
        try:
            yield from (line.rstrip("\n") for line in process.stdout)
        finally:
            process.terminate()  # does nothing to one that has ended
    yield process.returncode


def image(packages):
    """The folder of the root file system that has these packages besides, built if it is not there."""
    done = subprocess.run([VM / "image.sh", *packages], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RunError("there is no image to play in")
    return Path(done.stdout.strip())


def build_of(program):
    """Names a program, whose results alone may stand in one table."""
    return hashlib.sha256(Path(program).read_bytes()).hexdigest()
