# SPDX-License-Identifier: Apache-2.0
"""uWSGI, pre-forked with threads"""
from kit import WEB, WSGI

EXPECT = "thread"


def play(case):
    case.start("uwsgi", "--plugin", "python3", "--http-socket", f":{case.port}", "--processes", 2, "--threads", 2,
               "--wsgi-file", case.file("go.py", WSGI))
    case.wait_for(lambda: case.log().count("spawned uWSGI worker ") == 2, "two workers")
    first, second = case.client(), case.client()
    case.asks(second, form=WEB)
    case.asks(first, form=WEB)
