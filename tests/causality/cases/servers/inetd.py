# SPDX-License-Identifier: Apache-2.0
"""inetd, nowait"""
import kit

EXPECT = "exact"


def play(case):
    line = f"{case.port} stream tcp nowait root {kit.answer(case)} go\n"
    case.start("inetd", "-i", case.file("inetd.conf", line))
    case.asks(case.client())
