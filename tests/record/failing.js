// SPDX-License-Identifier: GPL-2.0-or-later
// failing.js BACK_PORT FRONT_PORT PATH...: a server of the ws library behind a proxy, and a client that asks for each path in turn and
// then waits, silent, until the connection ends.

import { once } from 'node:events';
import http from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

const [, , back, front, ...paths] = process.argv;

// What a server says that has nothing but WebSocket at this path.
const web = http.createServer((request, response) => {
  response.writeHead(426, { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket', Connection: 'Upgrade' });
  response.end('Upgrade Required');
});
const listener = new WebSocketServer({ server: web });
web.listen(Number(back), '127.0.0.1');
await once(web, 'listening');

for (const path of paths) {
  const socket = new WebSocket(`ws://127.0.0.1:${front}/${path}`, { perMessageDeflate: false });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('close', resolve)); // once() would give up at the error
}
listener.close();
web.close();
web.closeAllConnections();
