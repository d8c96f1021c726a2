# SPDX-License-Identifier: Apache-2.0
"""The connection is closed, all older processes have ended"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=ended")
    case.asks(case.client())
