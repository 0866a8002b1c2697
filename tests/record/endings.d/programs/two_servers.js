// SPDX-License-Identifier: GPL-2.0-or-later
// two_servers.js PORT ws|socket.io: two WebSocket servers on one HTTP server, each with a path of its own. Each hears of every upgrade, so
// the one that does not know the path writes its refusal on a socket where the other may have said 101 already.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

const [, , port, other] = process.argv;
const web = createServer();
web.on('upgrade', (request, socket) => {
  const { write } = socket;
  socket.write = function (data, ...more) {
    console.log(`${socket.remotePort} ${request.url} writes ${JSON.stringify(String(data).slice(0, 40))}`);
    return write.call(this, data, ...more);
  };
  const { end } = socket;
  socket.end = function (data, ...more) {
    console.log(`${socket.remotePort} ${request.url} ends with ${JSON.stringify(String(data ?? '').slice(0, 40))}`);
    return end.call(this, data, ...more);
  };
});
if (other === 'ws') new WebSocketServer({ server: web, path: '/chat' }).on('connection', talk);
else new Server(web, { transports: ['websocket'] });
new WebSocketServer({ server: web, path: '/feed' }).on('connection', talk);

function talk(socket, request) {
  console.log(`${request.socket.remotePort} connected ${request.url}`);
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', () => {});
  socket.on('close', (code) => console.log(`${request.socket.remotePort} closed code=${code}`));
}
web.listen(Number(port), '0.0.0.0', () => console.log('ready'));
