# SPDX-License-Identifier: Apache-2.0
"""sshd, a command that goes on after the login has ended"""
import kit

EXPECT = "exact"


def play(case):
    target = case.target()
    client = kit.ssh(case, f"nohup setsid sh -c 'sleep 1; {kit.go(case, target)}' >/dev/null 2>&1 </dev/null &")
    case.reached(client, target)
