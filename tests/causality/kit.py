# SPDX-License-Identifier: Apache-2.0
"""What several cases need of real programs: how they are asked to go out, and by which script they do."""
GO = """#!/bin/bash
# go ADDRESS PORT: connects, and stays as long as the play.
exec 9<>"/dev/tcp/$1/$2" && read -r -t 120 <&9
"""
ANSWER = """#!/bin/bash
# Does the request that it reads from its standard input: inetd's kind of service.
read -r address port
exec 9<>"/dev/tcp/$address/$port" && read -r -t 120 <&9
"""
CGI = """#!/bin/bash
printf 'Content-Type: text/plain\\n\\n'
exec 9<>"/dev/tcp/${QUERY_STRING/+//}" && read -r -t 120 <&9
"""
WSGI = """import socket
kept = []
def application(environ, start_response):
    address, port = environ["QUERY_STRING"].split("+")
    kept.append(socket.create_connection((address, int(port))))
    start_response("200 OK", [])
    return [b"ok"]
"""
WEB = "GET /go?{ip}+{port} HTTP/1.1\r\nHost: h\r\n\r\n"

MODULES = "/usr/lib/apache2/modules"
APACHE = """ServerName h
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/log
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule {cgi}_module {modules}/mod_{cgi}.so
User www-data
Group www-data
Listen {port}
StartServers 2
ScriptAlias /go {folder}/go.cgi
<Directory {folder}>
    Require all granted
</Directory>
"""


def go(case, target):
    """A shell's words, without quotes, that reach the target."""
    return f"{case.file('go', GO, 0o755)} {target}"


def answer(case):
    """A program that does what its standard input asks for."""
    return case.file("answer", ANSWER, 0o755)


def apache(case, mpm, cgi):
    case.file("go.cgi", CGI, 0o755)
    log = case.file("log", "")  # apache listens before it writes a word
    extra = f"ScriptSock {case.folder}/cgid\n" if cgi == "cgid" else ""
    text = APACHE.format(folder=case.folder, mpm=mpm, cgi=cgi, modules=MODULES, port=case.port) + extra
    case.start("apache2", "-DFOREGROUND", "-f", case.file("apache.conf", text))
    case.wait_for(lambda: "resuming normal operations" in log.read_text(), "workers")


def ssh(case, command, *options, of=None):
    """A login from A on H. Returns the client, whose address is from H's sshd's log; `of` is one whose connection it shares."""
    known = case.lab.sshd_peers("H")
    case.start("ssh", "-n", *options, f"root@{case.ip}", *([command] if command else []), host="A", listens=False)
    if of:
        return of
    case.wait_for(lambda: case.lab.sshd_peers("H") - known, "a login")
    return case.known_client(*(case.lab.sshd_peers("H") - known))
