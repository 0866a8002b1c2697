// SPDX-License-Identifier: GPL-2.0-or-later
// handmade_server.js PORT: the upgrade written by hand, as in many tutorials, with one mistake for each path.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const web = createServer();
web.on('upgrade', (request, socket) => {
  const accept = (guid) => createHash('sha1').update(request.headers['sec-websocket-key'] + guid).digest('base64');
  const mistakes = {
    '/guid': [`Sec-WebSocket-Accept: ${accept(GUID.toLowerCase())}`],
    '/no-accept': [],
    '/protocol': [`Sec-WebSocket-Accept: ${accept(GUID)}`, 'Sec-WebSocket-Protocol: superchat'],
    '/extension': [`Sec-WebSocket-Accept: ${accept(GUID)}`, 'Sec-WebSocket-Extensions: permessage-deflate'],
  };
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', ...(mistakes[request.url] ?? mistakes['/guid'])];
  socket.write(lines.join('\r\n') + '\r\n\r\n');
  const port = socket.remotePort;
  console.log(`${port} answered ${request.url} with ${lines.slice(3).join(', ') || 'no Accept'}`);
  socket.on('error', (error) => console.log(`${port} ${error.code}`));
  socket.on('end', () => socket.end());
  socket.on('close', () => console.log(`${port} gone`));
});
web.listen(Number(process.argv[2]), '0.0.0.0', () => console.log('ready'));
