# SPDX-License-Identifier: Apache-2.0
"""setsid, double fork, reparenting"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=daemon")
    case.asks(case.client())
