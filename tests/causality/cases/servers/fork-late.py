# SPDX-License-Identifier: Apache-2.0
"""The server reads the request, then forks for it"""
EXPECT = "thread, then service"
WHY = "One thread has read from several connections that are open, and each can be the cause."


def play(case):
    case.actor("fork-late")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
