# SPDX-License-Identifier: Apache-2.0
"""MPTCP"""
import socket

EXPECT = {"core": "none", "precision": "exact"}
WHY = "The core set has no probe where a process reads from MPTCP's own socket."


def play(case):
    case.actor("mptcp")
    case.asks(case.client(protocol=socket.IPPROTO_MPTCP))
