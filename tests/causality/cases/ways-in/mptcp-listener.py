# SPDX-License-Identifier: Apache-2.0
"""TCP to a listener of MPTCP"""
EXPECT = "exact"


def play(case):
    case.actor("mptcp")
    case.asks(case.client())
