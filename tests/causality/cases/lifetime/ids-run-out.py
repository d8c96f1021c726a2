# SPDX-License-Identifier: Apache-2.0
"""Process ids come round again, of a lowered kernel.pid_max"""
from pathlib import Path

from stage import PROGRAMS

EXPECT = "exact"
VM_ONLY = True
PID_MAX = Path("/proc/sys/kernel/pid_max")


def play(case):
    before = PID_MAX.read_text()
    PID_MAX.write_text("900")
    try:
        case.actor("fork")
        for _ in range(4):
            client = case.client()
            case.asks(client)
            client.close()
            case.start(PROGRAMS / "actor", "burn-ids", 800, listens=False).wait()
    finally:
        PID_MAX.write_text(before)
