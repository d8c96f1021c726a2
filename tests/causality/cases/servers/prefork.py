# SPDX-License-Identifier: Apache-2.0
"""Two workers that are there before any connection accept in turn"""
EXPECT = "service"
WHY = "The process is older than its first connection, so something else can be its cause."


def play(case):
    case.actor("prefork")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
