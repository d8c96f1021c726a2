# SPDX-License-Identifier: Apache-2.0
"""A job of at(1)"""
import kit

EXPECT = "none"
WHY = "What the session leaves for a daemon to run is the daemon's doing."


def play(case):
    case.start("atd", "-f", listens=False)
    kit.ssh(case, f"echo {kit.go(case, case.target())!r} | at now")
    case.reached(case.clients[0], case.targets[0])
