# SPDX-License-Identifier: Apache-2.0
"""Threads take accepted connections from a queue"""
EXPECT = "thread"


def play(case):
    case.actor("pool")
    case.asks(case.client())  # and stays
    case.asks(case.client())
