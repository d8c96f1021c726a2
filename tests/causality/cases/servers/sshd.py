# SPDX-License-Identifier: Apache-2.0
"""sshd, a command"""
import kit

EXPECT = "exact"


def play(case):
    client = kit.ssh(case, kit.go(case, case.target()))
    case.reached(client, case.targets[0])
