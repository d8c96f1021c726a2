# SPDX-License-Identifier: Apache-2.0
"""A thread execs, and takes its leader's id"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=thread-exec")
    case.asks(case.client())
