# SPDX-License-Identifier: Apache-2.0
"""read"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=read")
    case.asks(case.client())
