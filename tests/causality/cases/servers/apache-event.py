# SPDX-License-Identifier: Apache-2.0
"""Apache, an event loop with threads, CGI"""
from kit import WEB, apache

EXPECT = "thread"


def play(case):
    apache(case, "event", "cgi")
    first, second = case.client(), case.client()
    case.asks(second, form=WEB)
    case.asks(first, form=WEB)
