# SPDX-License-Identifier: Apache-2.0
"""Nothing is wrong"""
EXPECT = "exact"


def play(case):
    case.actor("fork")
    case.asks(case.client())
