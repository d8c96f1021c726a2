# SPDX-License-Identifier: Apache-2.0
"""Apache, pre-forked processes, CGI"""
from kit import WEB, apache

EXPECT = "thread"


def play(case):
    apache(case, "prefork", "cgi")
    first, second = case.client(), case.client()
    case.asks(second, form=WEB)
    case.asks(first, form=WEB)
