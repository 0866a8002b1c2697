#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python_http3.py PORT CERTIFICATE KEY SECRETS: aioquic and wsproto as server and client: two WebSockets at once on one HTTP/3
connection (RFC 9220)."""

import asyncio
import json
import ssl
import sys
import time

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3_ALPN, H3Connection, Setting
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate


class ConnectingH3(H3Connection):
    """With the setting of RFC 9220, which aioquic sends only if WebTransport is wanted."""

    def _get_local_settings(self):
        return {**super()._get_local_settings(), Setting.ENABLE_CONNECT_PROTOCOL: 1}


class Peer(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = ConnectingH3(self._quic)
        self.sockets, self.numbers, self.opened = {}, {}, {}

    def note(self, stream, kind, **fields):
        side = "client" if self._quic.configuration.is_client else "server"
        print(json.dumps({"time": time.time() * 1000, "stream": self.numbers[stream], "direction": side, "type": kind, **fields}))

    def open(self, stream, deflate):
        kind = ConnectionType.CLIENT if self._quic.configuration.is_client else ConnectionType.SERVER
        extensions = []
        if deflate:
            extension = PerMessageDeflate()
            extension.accept("") if kind is ConnectionType.SERVER else extension.finalize("permessage-deflate")
            extension._enabled = True
            extensions = [extension]
        self.numbers[stream] = len(self.sockets)
        self.sockets[stream] = Connection(kind, extensions)

    def say(self, stream, event):
        if isinstance(event, TextMessage):
            self.note(stream, "text", text=event.data)
        elif isinstance(event, BytesMessage):
            self.note(stream, "binary", hex=event.data.hex())
        elif isinstance(event, Ping):
            self.note(stream, "ping", hex=event.payload.hex())
        else:
            self.note(stream, "close", code=event.code, reason=event.reason)
        self.put(stream, self.sockets[stream].send(event))

    def put(self, stream, data, end=False):
        self.http.send_data(stream, data, end)
        self.transmit()

    def quic_event_received(self, event):
        for happened in self.http.handle_event(event):
            if isinstance(happened, HeadersReceived):
                self.head(happened.stream_id, dict(happened.headers))
            elif isinstance(happened, DataReceived) and happened.stream_id in self.sockets:
                self.sockets[happened.stream_id].receive_data(happened.data or None)
                for heard in self.sockets[happened.stream_id].events():
                    self.hear(happened.stream_id, heard)


class Server(Peer):
    def head(self, stream, fields):
        deflate = b"sec-websocket-extensions" in fields
        self.open(stream, deflate)
        answer = [(b":status", b"200")] + [(b"sec-websocket-extensions", b"permessage-deflate")] * deflate
        self.http.send_headers(stream, answer)
        self.say(stream, Ping(b"there?"))

    def hear(self, stream, heard):
        if isinstance(heard, TextMessage):
            self.say(stream, TextMessage(f"You said: {heard.data}"))
        elif isinstance(heard, BytesMessage):
            self.say(stream, BytesMessage(bytes(heard.data)))
        elif isinstance(heard, CloseConnection):
            self.put(stream, self.sockets[stream].send(heard.response()), end=True)


class Client(Peer):
    heard = 0

    def request(self, path, deflate):
        stream = self._quic.get_next_available_stream_id()
        self.opened[stream] = asyncio.Event()
        offer = [(b"sec-websocket-extensions", b"permessage-deflate; client_max_window_bits")] * deflate
        self.http.send_headers(stream, [
            (b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"https"), (b":path", path),
            (b":authority", b"localhost"), (b"sec-websocket-version", b"13"), *offer])
        self.transmit()
        return stream

    def head(self, stream, fields):
        self.open(stream, b"sec-websocket-extensions" in fields)
        self.opened[stream].set()

    def hear(self, stream, heard):
        if isinstance(heard, Ping):
            self.put(stream, self.sockets[stream].send(heard.response()))
        elif isinstance(heard, (TextMessage, BytesMessage)):
            self.heard += 1


async def main(port, certificate, key, secrets):
    ours = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    ours.load_cert_chain(certificate, key)
    server = await serve("127.0.0.1", port, configuration=ours, create_protocol=Server)
    with open(secrets, "w") as log:
        theirs = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, secrets_log_file=log)
        async with connect("127.0.0.1", port, configuration=theirs, create_protocol=Client) as client:
            streams = [client.request(b"/deflate", True), client.request(b"/plain", False)]
            await asyncio.gather(*(client.opened[stream].wait() for stream in streams))
            rounds = [TextMessage("Hello"), TextMessage("Hello again, hello again"), BytesMessage(bytes(range(256)) * 20),
                      TextMessage("Gr\u00fc\u00dfe")]
            for i, message in enumerate(rounds, 1):
                for stream in streams:
                    client.say(stream, message)
                while client.heard < i * len(streams):
                    await asyncio.sleep(0.01)
            for stream in streams:
                client.say(stream, CloseConnection(1000, "done"))
            await asyncio.sleep(0.2)
    server.close()


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
