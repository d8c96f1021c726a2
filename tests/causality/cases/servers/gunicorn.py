# SPDX-License-Identifier: Apache-2.0
"""gunicorn, pre-forked Python"""
from kit import WEB, WSGI

EXPECT = "thread"


def play(case):
    case.file("go.py", WSGI)
    case.start("gunicorn", "--chdir", case.folder, "-b", f"0.0.0.0:{case.port}", "-w", 2, "go")
    case.wait_for(lambda: case.log().count("Booting worker") == 2, "two workers")
    case.asks(case.client(), form=WEB)
    case.asks(case.client(), form=WEB)
