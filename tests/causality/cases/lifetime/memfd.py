# SPDX-License-Identifier: Apache-2.0
"""A program that is in no directory (memfd)"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=memfd")
    case.asks(case.client())
