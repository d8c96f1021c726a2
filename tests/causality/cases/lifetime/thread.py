# SPDX-License-Identifier: Apache-2.0
"""A thread of the process that read"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=thread")
    case.asks(case.client())
