# SPDX-License-Identifier: Apache-2.0
"""exec of the process that read"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=become")
    case.asks(case.client())
