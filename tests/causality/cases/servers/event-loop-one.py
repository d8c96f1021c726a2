# SPDX-License-Identifier: Apache-2.0
"""An event loop with one connection open"""
EXPECT = "thread"


def play(case):
    case.actor("loop")
    case.asks(case.client())
