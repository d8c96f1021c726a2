# SPDX-License-Identifier: Apache-2.0
"""An event loop reads all that is there, then does it"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("gather")
    first, second = case.client(), case.client()
    targets = case.target(), case.target()
    first.say(f"{targets[0]}\n")
    case.asks(second, targets[1])
    case.reached(first, targets[0])
