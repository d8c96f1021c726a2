# SPDX-License-Identifier: Apache-2.0
"""A process has the id of an earlier one of another connection"""
EXPECT = "exact"


def play(case):
    case.actor("same-id")
    for _ in range(2):
        client = case.client()
        case.asks(client)
        client.close()
