# SPDX-License-Identifier: Apache-2.0
"""The server reads the request, then forks for it"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("fork-late")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
