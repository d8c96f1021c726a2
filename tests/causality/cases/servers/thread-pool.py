# SPDX-License-Identifier: Apache-2.0
"""Threads take accepted connections from a queue"""
EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("pool")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
