# SPDX-License-Identifier: Apache-2.0
"""Two workers that are there before any connection accept in turn"""
EXPECT = "thread"


def play(case):
    case.actor("prefork")
    case.asks(case.client())  # and stays
    case.asks(case.client())
