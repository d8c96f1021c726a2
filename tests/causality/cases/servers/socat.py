# SPDX-License-Identifier: Apache-2.0
"""socat, a program for each connection"""
import kit

EXPECT = "none"
WHY = "Only reading takes an origin over; the program is started before anything is read, and talks through a socket pair."


def play(case):
    case.start("socat", f"TCP-LISTEN:{case.port},fork,reuseaddr", f"EXEC:{kit.answer(case)}")
    first, second = case.client(), case.client()
    case.asks(second)
    case.asks(first)
