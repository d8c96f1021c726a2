# SPDX-License-Identifier: Apache-2.0
"""socat, a program in its own place (EXEC with nofork)"""
import kit

EXPECT = "exact"


def play(case):
    case.start("socat", f"TCP-LISTEN:{case.port},fork,reuseaddr", f"EXEC:{kit.answer(case)},nofork")
    first, second = case.client(), case.client()
    case.asks(second)
    case.asks(first)
