#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python_h2c.py PORT: h2 and wsproto as client and server in cleartext: two WebSockets at once on one HTTP/2 connection (RFC 8441)."""

import json
import socket
import sys
import threading
import time

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, ResponseReceived
from h2.settings import SettingCodes
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate


class Peer:
    """One end of the connection, in a thread of its own."""

    def __init__(self, plug, side):
        self.plug, self.side, self.lock = plug, side, threading.RLock()
        self.http = H2Connection(H2Configuration(client_side=side == "client", header_encoding="utf-8"))
        self.sockets, self.numbers = {}, {}
        self.http.initiate_connection()
        if side == "server":
            self.http.update_settings({SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
        self.flush()

    def flush(self):
        self.plug.sendall(self.http.data_to_send())

    def note(self, stream, kind, **fields):
        entry = {"time": time.time() * 1000, "stream": self.numbers[stream], "direction": self.side, "type": kind, **fields}
        sys.stdout.write(json.dumps(entry) + "\n")  # at once: the other end speaks as well

    def open(self, stream, deflate):
        extensions = []
        if deflate:
            extension = PerMessageDeflate()
            extension.accept("") if self.side == "server" else extension.finalize("permessage-deflate")
            extension._enabled = True
            extensions = [extension]
        self.numbers[stream] = len(self.sockets)
        self.sockets[stream] = Connection(ConnectionType[self.side.upper()], extensions)

    def say(self, stream, event):
        with self.lock:
            self.speak(stream, event)

    def speak(self, stream, event):
        if isinstance(event, TextMessage):
            self.note(stream, "text", text=event.data)
        elif isinstance(event, BytesMessage):
            self.note(stream, "binary", hex=event.data.hex())
        elif isinstance(event, Ping):
            self.note(stream, "ping", hex=event.payload.hex())
        else:
            self.note(stream, "close", code=event.code, reason=event.reason)
        self.put(stream, self.sockets[stream].send(event))

    def put(self, stream, data, end=False, pad=None):
        """In DATA of at most 1000 bytes, each with some padding."""
        pieces = [data[i:i + 1000] for i in range(0, len(data), 1000)]
        for i, piece in enumerate(pieces, 1):
            self.http.send_data(stream, piece, end_stream=end and i == len(pieces), pad_length=len(piece) % 10)
        self.flush()

    def run(self):
        while data := self.plug.recv(65536):
            with self.lock:
                for event in self.http.receive_data(data):
                    self.happen(event)
                self.flush()

    def happen(self, event):
        if isinstance(event, (RequestReceived, ResponseReceived)):
            self.head(event.stream_id, dict(event.headers))
        elif isinstance(event, DataReceived):
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.sockets[event.stream_id].receive_data(event.data)
            for heard in self.sockets[event.stream_id].events():
                self.hear(event.stream_id, heard)


class Server(Peer):
    def __init__(self, *arguments):
        self.parts = []  # of the message that one stream is sending: they take turns
        super().__init__(*arguments)

    def head(self, stream, fields):
        deflate = "sec-websocket-extensions" in fields
        self.open(stream, deflate)
        answer = [(":status", "200"), ("server", "example")] + [("sec-websocket-extensions", "permessage-deflate")] * deflate
        self.http.send_headers(stream, answer)
        self.say(stream, Ping(b"there?"))

    def hear(self, stream, heard):
        if isinstance(heard, TextMessage):  # or a part of one
            self.parts.append(heard.data)
            if heard.message_finished:
                self.say(stream, TextMessage(f"You said: {''.join(self.parts)}"))
                self.parts.clear()
        elif isinstance(heard, CloseConnection):
            self.put(stream, self.sockets[stream].send(heard.response()), end=True)


class Client(Peer):
    heard, ended = 0, 0

    def request(self, path, deflate):
        stream = self.http.get_next_available_stream_id()
        offer = [("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")] * deflate
        self.http.send_headers(stream, [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path),
            (":authority", "localhost"), ("sec-websocket-version", "13"), ("user-agent", "example"), *offer])
        self.flush()
        return stream

    def head(self, stream, fields):
        self.open(stream, "sec-websocket-extensions" in fields)

    def hear(self, stream, heard):
        if isinstance(heard, Ping):
            self.put(stream, self.sockets[stream].send(heard.response()))
        elif isinstance(heard, TextMessage) and heard.message_finished:
            self.heard += 1
        elif isinstance(heard, CloseConnection):
            self.http.end_stream(stream)
            self.ended += 1


def until(true):
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    sys.exit("waited in vain")


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener, socket.create_connection(("127.0.0.1", port)) as plug:
        accepted, _ = listener.accept()
        client, server = Client(plug, "client"), Server(accepted, "server")
        threads = [threading.Thread(target=peer.run) for peer in (server, client)]
        for thread in threads:
            thread.start()
        until(lambda: SettingCodes.ENABLE_CONNECT_PROTOCOL in client.http.remote_settings)
        with client.lock:
            streams = [client.request("/deflate", True), client.request("/plain", False)]
        until(lambda: len(client.sockets) == len(streams))
        for i, message in enumerate(("Hello", "Hello again, hello again", "Grüße, 世界 👋", "word " * 500), 1):
            for n, stream in enumerate(streams, 1):
                client.say(stream, TextMessage(message))
                until(lambda: len(message) < 1000 or client.heard == len(streams) * (i - 1) + n)
            until(lambda: client.heard == i * len(streams))
        for stream in streams:
            client.say(stream, BytesMessage(bytes(range(256)) * 10))
            client.say(stream, CloseConnection(1000, "done"))
        until(lambda: client.ended == len(streams))
        for end in (plug, accepted):
            end.shutdown(socket.SHUT_WR)
        for thread in threads:
            thread.join()
        accepted.close()


main(int(sys.argv[1]))
