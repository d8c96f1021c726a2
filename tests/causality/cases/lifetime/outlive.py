# SPDX-License-Identifier: Apache-2.0
"""A thread that outlives its leader"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=outlive")
    case.asks(case.client())
