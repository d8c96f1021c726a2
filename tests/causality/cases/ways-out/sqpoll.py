# SPDX-License-Identifier: Apache-2.0
"""io_uring with SQPOLL and a fixed file"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=sqpoll")
    case.asks(case.client())
