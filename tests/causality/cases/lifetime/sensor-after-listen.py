# SPDX-License-Identifier: Apache-2.0
"""The sensor starts in the middle: only the listener is older"""
EXPECT = "exact"


def before(case):
    case.actor("fork")


def play(case):
    case.asks(case.client())
