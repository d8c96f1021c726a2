# SPDX-License-Identifier: Apache-2.0
"""splice into a pipe"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=splice")
    case.asks(case.client())
