# SPDX-License-Identifier: Apache-2.0
"""An accepted connection is passed to another process by SCM_RIGHTS"""
EXPECT = "thread"


def play(case):
    path = case.folder / "worker"
    case.actor("passed", path, listens=False)
    case.actor("passing", path)
    case.asks(case.client())
