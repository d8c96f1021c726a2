# SPDX-License-Identifier: Apache-2.0
"""Apache, threads, CGI by its daemon"""
from kit import WEB, apache

EXPECT = "none"
WHY = "The worker asks another process, the CGI daemon, through a unix socket."


def play(case):
    apache(case, "worker", "cgid")
    first, second = case.client(), case.client()
    case.asks(second, form=WEB)
    case.asks(first, form=WEB)
