# SPDX-License-Identifier: Apache-2.0
"""sshd connects itself, for ssh -W"""
import kit

EXPECT = "exact"


def play(case):
    target = case.target()
    case.reached(kit.ssh(case, "", "-W", f"{target.address[0]}:{target.address[1]}"), target)
