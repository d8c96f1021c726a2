# SPDX-License-Identifier: Apache-2.0
"""io_uring, by a worker thread"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=uring-async")
    case.asks(case.client())
