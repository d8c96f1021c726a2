# SPDX-License-Identifier: Apache-2.0
"""A worker behind a unix socket"""
EXPECT = "none"
WHY = "What another process is asked for through a unix socket is not followed."


def play(case):
    path = case.folder / "worker"
    case.actor("unix", path, listens=False)
    case.actor("front", path)
    case.asks(case.client())
