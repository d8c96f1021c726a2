# SPDX-License-Identifier: Apache-2.0
"""MSG_PEEK before it is read"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=peek")
    case.asks(case.client())
