# SPDX-License-Identifier: Apache-2.0
"""io_uring"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=uring")
    case.asks(case.client())
