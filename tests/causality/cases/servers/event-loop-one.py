# SPDX-License-Identifier: Apache-2.0
"""An event loop with one connection open"""
EXPECT = "service"
WHY = "The process is older than its first connection, so something else can be its cause."


def play(case):
    case.actor("loop")
    case.asks(case.client())
