// SPDX-License-Identifier: GPL-2.0-or-later
// socketio_client.js URL [STAY]: a Socket.IO client over WebSocket only that stays (ms), or until the server is gone.

import { io } from 'socket.io-client';

const [, , url, stay] = process.argv;
const socket = io(url, { transports: ['websocket'], reconnection: false });
socket.on('connect', () => {
  const wire = socket.io.engine.transport.ws._socket ?? socket.io.engine.transport.ws;
  console.log(`${wire.localPort} connected`);
  const { engine } = socket.io;
  engine.on('packet', (packet) => console.log(`${wire.localPort} received ${packet.type}`));
  engine.on('close', (reason) => console.log(`engine closed: ${reason}`));
  if (stay) setTimeout(() => socket.disconnect(), Number(stay));
});
socket.on('connect_error', (error) => console.log(`connect_error ${error.message}`));
socket.on('disconnect', (reason) => console.log(`disconnect: ${reason}`));
