# SPDX-License-Identifier: Apache-2.0
"""MSG_PEEK alone: it is never taken"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=peek-only")
    case.asks(case.client())
