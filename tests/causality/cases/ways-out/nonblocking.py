# SPDX-License-Identifier: Apache-2.0
"""A connect that does not block"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=nonblocking")
    case.asks(case.client())
