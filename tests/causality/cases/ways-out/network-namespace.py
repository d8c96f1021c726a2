# SPDX-License-Identifier: Apache-2.0
"""Another network namespace"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=netns")
    case.asks(case.client())
