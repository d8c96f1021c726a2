# SPDX-License-Identifier: Apache-2.0
"""serve.py PORT [PROGRAM…]: inetd for one port of the lab, on IPv4 and IPv6."""
import selectors
import signal
import socket
import subprocess
import sys
import threading

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
WAIT_S = 0.5  # for a client that speaks first; one that does not gets the answer all the same


def answer(connection):
    with connection:
        connection.settimeout(WAIT_S)
        try:
            connection.recv(65536)
        except OSError:
            pass
        try:
            connection.sendall(ANSWER)
        except OSError:
            pass


def main():
    port, program = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    selector = selectors.DefaultSelector()
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(128)
        selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            connection, _ = key.fileobj.accept()
            if program:
                with connection:
                    subprocess.Popen(program, stdin=connection, stdout=connection)
            else:
                threading.Thread(target=answer, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
