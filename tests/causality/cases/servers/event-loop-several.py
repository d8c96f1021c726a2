# SPDX-License-Identifier: Apache-2.0
"""An event loop with several connections open"""
EXPECT = "thread, then service"
WHY = "One thread has read from several connections that are open, and each can be the cause."


def play(case):
    case.actor("loop")
    case.asks(case.client())  # and stays
    case.asks(case.client())
