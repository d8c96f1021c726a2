# SPDX-License-Identifier: Apache-2.0
"""systemd hands over a listener"""
from stage import PROGRAMS

EXPECT = "exact"


def play(case):
    case.start("systemd-socket-activate", "-l", f"0.0.0.0:{case.port}", PROGRAMS / "actor", "activated", "0")
    first, second = case.client(), case.client()
    case.asks(second)
    case.asks(first)
