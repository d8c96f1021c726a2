# SPDX-License-Identifier: Apache-2.0
"""A process reads from a client by TCP, then from one by MPTCP, both older than it"""
import socket

EXPECT = {"core": "mistaken", "precision": "service"}
WHY = "Either of them can be the cause; the core set, which does not see MPTCP read, knows of one only and calls it exact."


def play(case):
    case.actor("backlog")
    first, second = case.client(), case.client(protocol=socket.IPPROTO_MPTCP)
    first.say("something\n")
    case.asks(second, mistaken=first)
