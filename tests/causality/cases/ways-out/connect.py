# SPDX-License-Identifier: Apache-2.0
"""connect"""
EXPECT = "exact"


def play(case):
    case.actor("fork")
    case.asks(case.client())
