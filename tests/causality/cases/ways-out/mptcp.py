# SPDX-License-Identifier: Apache-2.0
"""MPTCP"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=mptcp")
    case.asks(case.client())
