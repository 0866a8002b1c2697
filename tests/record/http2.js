// SPDX-License-Identifier: GPL-2.0-or-later
// http2.js PORT: serves http2.html over HTTP/2 and TLS, and on the same connection the WebSockets that the page opens (RFC 8441).
// The page posts what it sent; the server then ends.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WebSocket } from 'ws';
import { Speaker, noise, print } from './speaker.js';

const require = createRequire(import.meta.url);
const inside = (name) => require(join(dirname(require.resolve('ws')), 'lib', name));
const PerMessageDeflate = inside('permessage-deflate.js');
const { format, parse } = inside('extension.js');

const [, , port] = process.argv;
const page = readFileSync(new URL('http2.html', import.meta.url), 'utf8');

// What each path negotiates, and who closes.
const paths = {
  '/takeover': { deflate: { threshold: 0 } },
  '/no-takeover': { deflate: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } },
  '/plain': { protocol: 'chat.v2', close: [4000, 'enough'] },
};
const numbers = {}; // of streams, in the order of their requests

/// ws has no way to be given a connection whose handshake it did not do, but one to be given a socket.
function accept(stream, headers) {
  const { deflate, protocol } = paths[headers[':path']];
  const answer = { ':status': 200 };
  const socket = new WebSocket(null, undefined, { autoPong: false });
  if (deflate) {
    const extension = new PerMessageDeflate({ ...deflate, isServer: true, maxPayload: 1 << 20 });
    extension.accept(parse(headers['sec-websocket-extensions'])['permessage-deflate']);
    socket._extensions = { 'permessage-deflate': extension };
    answer['sec-websocket-extensions'] = format({ 'permessage-deflate': [extension.params] });
  }
  if (protocol) answer['sec-websocket-protocol'] = protocol;
  stream.respond(answer);
  socket._isServer = true;
  socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 1 << 20, skipUTF8Validation: false });
  return socket;
}

function talk(socket, path, number) {
  const server = new Speaker(socket, 'server');
  const say = server.print;
  server.print = (type, fields) => say(type, { ...fields, stream: number });
  let heard = 0;
  socket.on('message', (data, isBinary) => {
    isBinary ? server.binary(data) : server.text(`You said: ${data}`);
    if (++heard === 6 && paths[path].close) server.close(...paths[path].close);
  });
  server.ping('browser?');
  server.binary(noise(200));
}

const web = http2.createSecureServer({
  key: readFileSync(process.env.TLS_KEY), cert: readFileSync(process.env.TLS_CERT), settings: { enableConnectProtocol: true },
});
const sessions = new Set();
web.on('session', (session) => sessions.add(session));
web.on('stream', async (stream, headers) => {
  const path = headers[':path'];
  stream.on('error', () => {});
  if (headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket') {
    numbers[path] = Object.keys(numbers).length;
    talk(accept(stream, headers), path, numbers[path]);
  } else if (headers[':method'] === 'POST') {
    let body = '';
    for await (const data of stream) body += data;
    for (const { path: of, ...message } of JSON.parse(body)) {
      print({ stream: numbers[of], direction: 'client', ...message });
    }
    stream.respond({ ':status': 204 }, { endStream: true });
    await once(stream, 'close');
    sessions.forEach((session) => session.close());
    web.close();
  } else {
    const found = path === '/';
    stream.respond({ ':status': found ? 200 : 404, 'content-type': 'text/html; charset=utf-8' });
    stream.end(found ? page : '');
  }
});
web.listen(Number(port), '127.0.0.1');
await once(web, 'listening');
console.error('ready');
