# SPDX-License-Identifier: Apache-2.0
"""One thread reads requests, others do what they say"""
EXPECT = "service"
WHY = "One thread hands the request to another through memory, which no probe sees."


def play(case):
    case.actor("reader")
    first, second = case.client(), case.client()
    case.asks(first)
    case.asks(second)
