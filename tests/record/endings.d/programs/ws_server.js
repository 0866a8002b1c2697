// SPDX-License-Identifier: GPL-2.0-or-later
// ws_server.js PORT [OPTIONS]: an echo server of the ws library. Options as JSON: heartbeat (ms; who has not answered the ping before is
// terminated, as in the library's manual), and what WebSocketServer takes. Paths: /tick speaks too, /close/MS/CODE/REASON closes.

import { WebSocketServer } from 'ws';

const { heartbeat, ignoreSubprotocols, ...options } = JSON.parse(process.argv[3] ?? '{}');
const start = process.hrtime.bigint();
const say = (text) => console.log(`${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(3)} ${text}`);
if (ignoreSubprotocols) options.handleProtocols = () => false;

const server = new WebSocketServer({ port: Number(process.argv[2]), host: '0.0.0.0', ...options }, () => say('ready'));
server.on('connection', (socket, request) => {
  const port = request.socket.remotePort;
  say(`${port} open ${request.url}`);
  socket.isAlive = true;
  socket.port = port;
  socket.on('pong', () => {
    socket.isAlive = true;
    say(`${port} pong`);
  });
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', (error) => say(`${port} error ${error.code ?? ''} ${error.message}`));
  socket.on('close', (code, reason) => say(`${port} closed code=${code} reason="${reason}"`));
  const [, what, ms, code, reason] = request.url.split('/');
  if (what === 'tick') {
    const ticking = setInterval(() => socket.send('tick'), 400);
    socket.on('close', () => clearInterval(ticking));
  }
  if (what === 'close') setTimeout(() => socket.close(Number(code), reason), Number(ms));
});
if (heartbeat)
  setInterval(() => {
    for (const socket of server.clients) {
      if (!socket.isAlive) {
        say(`${socket.port} no pong since the last ping: terminate()`);
        socket.terminate();
        continue;
      }
      socket.isAlive = false;
      socket.ping();
      say(`${socket.port} ping`);
    }
  }, heartbeat);
