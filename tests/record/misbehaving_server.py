#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""misbehaving_server.py LIBRARY PORT: a server of a real library for a client that misbehaves.

LIBRARY is websockets or autobahn. It takes messages of up to 1280 bytes, accepts permessage-deflate with a window of
9 bits for the client, and answers nothing by itself.
"""

import asyncio
import logging
import sys

MAX_SIZE = 1280
BITS = 9


async def serve_websockets(port):
    import websockets
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

    async def listen(connection):
        async for _ in connection:
            pass

    logging.getLogger("websockets").addHandler(logging.NullHandler())
    logging.getLogger("websockets").propagate = False
    await websockets.serve(listen, "127.0.0.1", port, max_size=MAX_SIZE, ping_interval=None, close_timeout=2,
                           compression=None,
                           extensions=[ServerPerMessageDeflateFactory(client_max_window_bits=BITS)])


async def serve_autobahn(port):
    from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol
    from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept

    def accept(offers):
        for offer in offers:
            if isinstance(offer, PerMessageDeflateOffer):
                return PerMessageDeflateOfferAccept(offer, request_max_window_bits=BITS, max_message_size=MAX_SIZE)

    factory = WebSocketServerFactory(f"ws://127.0.0.1:{port}")
    factory.protocol = WebSocketServerProtocol
    # Say why with a Close frame instead of leaving at once.
    factory.setProtocolOptions(failByDrop=False, maxMessagePayloadSize=MAX_SIZE, maxFramePayloadSize=MAX_SIZE,
                               perMessageCompressionAccept=accept, openHandshakeTimeout=5, closeHandshakeTimeout=2)
    await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port)


async def main(library, port):
    await {"websockets": serve_websockets, "autobahn": serve_autobahn}[library](port)
    print("ready", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
