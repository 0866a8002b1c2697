// SPDX-License-Identifier: GPL-2.0-or-later
// chromium.js PORT REPORT_PORT: serves page.html and the WebSocket it opens. The page posts what
// it sent to REPORT_PORT, outside of the capture; the server then ends.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { Speaker, noise, print } from './speaker.js';

const [, , port, reportPort] = process.argv;
const page = readFileSync(new URL('page.html', import.meta.url), 'utf8').replace('REPORT_PORT', reportPort);

const web = http.createServer((request, response) => {
  const found = request.url === '/';
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8', Connection: 'close' });
  response.end(found ? page : '');
});
const listener = new WebSocketServer({ server: web, perMessageDeflate: { threshold: 0 }, autoPong: false });
listener.on('connection', async (socket) => {
  const server = new Speaker(socket, 'server');
  socket.on('message', (data, isBinary) => {
    isBinary ? server.binary(data) : server.text(`You said: ${data}`);
  });
  server.ping('browser?');
  server.binary(noise(200));
});

const report = http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => {
    for (const message of JSON.parse(body)) {
      print({ stream: 0, direction: 'client', ...message });
    }
    response.end();
    listener.close();
    // The browser keeps spare connections open.
    for (const server of [report, web]) {
      server.close();
      server.closeAllConnections();
    }
  });
});

web.listen(Number(port), '127.0.0.1');
report.listen(Number(reportPort), '127.0.0.1');
await Promise.all([once(web, 'listening'), once(report, 'listening')]);
console.error('ready');
