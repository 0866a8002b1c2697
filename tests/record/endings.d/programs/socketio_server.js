// SPDX-License-Identifier: GPL-2.0-or-later
// socketio_server.js PORT [OPTIONS]: a Socket.IO server over WebSocket only. Its own log is that of DEBUG.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const web = createServer();
const { hello, leave, ...options } = JSON.parse(process.argv[3] ?? '{}');
const server = new Server(web, { transports: ['websocket'], ...options });
server.engine.on('connection', (socket) => {
  const port = socket.request.socket.remotePort;
  console.log(`${port} engine open, pingInterval ${server.engine.opts.pingInterval}, pingTimeout ${server.engine.opts.pingTimeout}`);
  socket.on('packet', (packet) => console.log(`${port} received ${packet.type}`));
  socket.on('packetCreate', (packet) => console.log(`${port} sends ${packet.type}`));
  socket.on('close', (reason) => console.log(`${port} engine closed: ${reason}`));
});
server.on('connection', (socket) => {
  socket.emit('hello', { from: 'server' });
  if (leave) setTimeout(() => socket.disconnect(true), leave);
});
web.listen(Number(process.argv[2]), '0.0.0.0', () => console.log('ready'));
