# SPDX-License-Identifier: Apache-2.0
"""A crontab"""
import kit

EXPECT = "none"
WHY = "What the session leaves for a daemon to run is the daemon's doing."


def play(case):
    case.start("cron", "-f", listens=False)
    kit.ssh(case, f"echo '* * * * *' {kit.go(case, case.target())!r} | crontab -")


def after(case):
    case.reached(case.clients[0], case.targets[0], 70)
