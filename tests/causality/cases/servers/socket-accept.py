# SPDX-License-Identifier: Apache-2.0
"""systemd accepts, one process for each connection (Accept=yes)"""
from stage import PROGRAMS

EXPECT = "exact"


def play(case):
    case.start("systemd-socket-activate", "--accept", "-l", f"0.0.0.0:{case.port}", PROGRAMS / "actor", "accepted", "0")
    first, second = case.client(), case.client()
    case.asks(second)
    case.asks(first)
