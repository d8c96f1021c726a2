# SPDX-License-Identifier: Apache-2.0
"""A play in which nothing goes out"""
EXPECT = "exact"


def play(case):
    case.actor("fork")
    case.client()
