# SPDX-License-Identifier: Apache-2.0
"""A child asks by an io_uring whose polling thread is its parent's"""
EXPECT = "none"
WHY = "The parent's thread connects; who wrote the request into memory that both share is not seen."


def play(case):
    case.actor("parents-ring")
    case.asks(case.client())
