# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and servers: WebSocket by Python's websockets, plain HTTP, and TCP that is neither."""

import asyncio
import http.server
import os
import socket
import ssl
import subprocess
import threading

import websockets


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def converse(address, connections, messages, tls=None, client_tls=None, path="/chat", size=100, port=0):
    """Echoes `messages` on each of `connections` at once. Returns the server's port and the application bytes sent
    both ways."""
    total = 0
    async with websockets.serve(echo, address, port, ssl=tls, compression=None, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        host = f"[{address}]" if ":" in address else address

        async def one(number):
            nonlocal total
            url = f"{'wss' if tls else 'ws'}://{host}:{port}{path}"
            async with websockets.connect(url, ssl=client_tls, compression=None, max_size=None,
                                          **({"server_hostname": "chat.example.com"} if tls else {})) as connection:
                for i in range(messages):
                    text = f"connection {number} message {i} ".ljust(size, ".")
                    await connection.send(text)
                    assert await connection.recv() == text
                    total += 2 * len(text)

        await asyncio.gather(*(one(number) for number in range(connections)))
    return port, total


def websocket_echo(address="127.0.0.1", connections=3, messages=20, **options):
    return asyncio.run(converse(address, connections, messages, **options))


def http_requests(count=10, address="127.0.0.1"):
    """Plain HTTP/1.1 requests, several on a connection."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "3000")
            self.end_headers()
            self.wfile.write(b"x" * 3000)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with socket.create_connection(server.server_address) as connection:
            for i in range(count):
                connection.sendall(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i)
                got = b""
                while not got.endswith(b"x" * 3000):
                    got += connection.recv(65536)
        server.shutdown()
        thread.join()


def random_tcp(count=5, address="127.0.0.1"):
    """Connections that carry random bytes both ways."""
    with socket.create_server((address, 0)) as server:
        for _ in range(count):
            with socket.create_connection(server.getsockname()) as connection:
                other, _ = server.accept()
                with other:
                    connection.sendall(b"\0" + os.urandom(5000))
                    other.sendall(os.urandom(5000))


def certificate(folder):
    """(server context, client context) for chat.example.com."""
    key, crt = folder / "key.pem", folder / "crt.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=chat.example.com", "-addext", "subjectAltName=DNS:chat.example.com",
                    "-keyout", key, "-out", crt], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(crt, key)
    return server, ssl.create_default_context(cafile=str(crt))
