# SPDX-License-Identifier: Apache-2.0
"""Root of a user namespace of its own"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=userns")
    case.asks(case.client())
