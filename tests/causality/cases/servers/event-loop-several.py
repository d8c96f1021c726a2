# SPDX-License-Identifier: Apache-2.0
"""An event loop with several connections open"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("loop")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
