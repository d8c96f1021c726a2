# SPDX-License-Identifier: Apache-2.0
"""The sensor is less sure than it has to be"""
EXPECT = "exact"


def play(case):
    case.actor("iterative")
    case.asks(case.client())
