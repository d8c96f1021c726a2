# SPDX-License-Identifier: Apache-2.0
"""Another process takes the accepted connection by pidfd_getfd"""
EXPECT = "thread"


def play(case):
    case.actor("robbed")
    case.asks(case.client())
