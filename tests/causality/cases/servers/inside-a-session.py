# SPDX-License-Identifier: Apache-2.0
"""A server that a login has started, for its own client"""
import kit
from stage import PROGRAMS

EXPECT = "exact"


def play(case):
    login = kit.ssh(case, f"{PROGRAMS / 'actor'} fork {case.port}", "-tt")  # -tt: it ends with the login
    case.wait_for_port(case.port)
    client, target = case.client(), case.target()
    client.say(f"{target}\n")
    case.reached(login, target, via=client)
