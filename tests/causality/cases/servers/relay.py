# SPDX-License-Identifier: Apache-2.0
"""A relay that connects onwards before it reads"""
EXPECT = "none"
WHY = "Only reading takes an origin over, and accepting does not; nothing has been read when it connects."


def play(case):
    target = case.target()
    case.actor("relay", str(target))
    case.reached(case.client(), target)
