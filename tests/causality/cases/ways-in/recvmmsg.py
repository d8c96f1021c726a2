# SPDX-License-Identifier: Apache-2.0
"""recvmmsg"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=recvmmsg")
    case.asks(case.client())
