# SPDX-License-Identifier: Apache-2.0
"""Another process takes the accepted connection by pidfd_getfd"""
EXPECT = "service"
WHY = "The process that takes it reads from it and so has its peer, but is older than it."


def play(case):
    case.actor("robbed")
    case.asks(case.client())
