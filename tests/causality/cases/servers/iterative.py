# SPDX-License-Identifier: Apache-2.0
"""One process for one connection after the other"""
EXPECT = "thread"


def play(case):
    case.actor("iterative")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
