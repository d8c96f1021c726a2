# SPDX-License-Identifier: Apache-2.0
"""A thread is started for each connection"""
EXPECT = "thread"


def play(case):
    case.actor("thread")
    case.asks(case.client())  # and stays
    case.asks(case.client())
