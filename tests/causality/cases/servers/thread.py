# SPDX-License-Identifier: Apache-2.0
"""A thread is started for each connection"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("thread")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
