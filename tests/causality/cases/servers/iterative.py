# SPDX-License-Identifier: Apache-2.0
"""One process for one connection after the other"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("iterative")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
