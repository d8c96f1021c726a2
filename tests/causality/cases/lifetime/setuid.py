# SPDX-License-Identifier: Apache-2.0
"""A program with the set-user-id bit"""
import shutil

EXPECT = "exact"


def play(case):
    shell = "/run/lab/set-user-id-shell"
    shutil.copy("/bin/bash", shell)
    case.start("chmod", "4755", shell, listens=False).wait()
    case.actor("fork", "go=setuid")
    case.asks(case.client())
