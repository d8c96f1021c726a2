# SPDX-License-Identifier: Apache-2.0
"""vfork, as its own parent's child (CLONE_PARENT)"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=vfork")
    case.asks(case.client())
