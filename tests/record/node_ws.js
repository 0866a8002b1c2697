// SPDX-License-Identifier: GPL-2.0-or-later
// node_ws.js MODE PORT [CONNECT_PORT]: a server and a client of the ws library talk once.
// CONNECT_PORT is where the client goes if something stands in between. PROXY=URL: it goes through that proxy, HOST=NAME: to
// that host.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { WebSocket, WebSocketServer } from 'ws';
import { Speaker, noise, words } from './speaker.js';

const deflate = { threshold: 0 };
const small = {
  ...deflate, serverNoContextTakeover: true, clientNoContextTakeover: true,
  serverMaxWindowBits: 10, clientMaxWindowBits: 11,
};
const modes = {
  plain: { client: false, server: false, long: 65536, close: ['client', 1000, 'bye'] },
  deflate: { client: deflate, server: deflate, long: 70000, close: ['server', 1001, 'going away'] },
  'no-takeover': { client: small, server: small, long: 4000, close: ['client', 4000, 'own code'] },
  // The client offers compression and the server says nothing of it.
  declined: { client: deflate, server: false, long: 300, close: ['client', 1000, ''] },
  // Longer than one TLS record.
  tls13: { client: false, server: false, long: 17000, close: ['server', 1012, 'restart'], tls: 'TLSv1.3' },
  tls12: { client: deflate, server: deflate, long: 17000, close: ['client', 1000, 'bye'], tls: 'TLSv1.2' },
};

const [, , name, port, connectPort = port] = process.argv;
const mode = modes[name];

const web = mode.tls
  ? https.createServer({
      key: readFileSync(process.env.TLS_KEY), cert: readFileSync(process.env.TLS_CERT),
      minVersion: mode.tls, maxVersion: mode.tls,
    })
  : http.createServer();
const listener = new WebSocketServer({ server: web, perMessageDeflate: mode.server, autoPong: false });
web.listen(Number(port), '127.0.0.1');
await once(web, 'listening');

const { PROXY: proxy, HOST: host = '127.0.0.1' } = process.env;
const agent = proxy && (proxy.startsWith('http') ? new HttpsProxyAgent(proxy) : new SocksProxyAgent(proxy));
const clientSocket = new WebSocket(`${mode.tls ? 'wss' : 'ws'}://${host}:${connectPort}/chat?room=1`, {
  agent, perMessageDeflate: mode.client, autoPong: false, origin: 'http://example.com', rejectUnauthorized: false,
});
const opened = once(clientSocket, 'open');
const [serverSocket, request] = await once(listener, 'connection');
await opened;

const client = new Speaker(clientSocket, 'client');
const server = new Speaker(serverSocket, 'server');

// Wait until the other side has it, so that turns stay turns in the capture.
async function turn(to, event, speak) {
  const heard = once(to.socket, event);
  speak();
  await heard;
}

const tick = (price) => JSON.stringify({ type: 'tick', symbol: 'EURUSD', venue: 'EXAMPLE', bid: price, ask: price + 2 });

await turn(server, 'message', () => client.text('Hello'));
await turn(client, 'message', () => server.text('Grüße, 世界 👋'));
await turn(server, 'message', () => client.text(JSON.stringify({ type: 'subscribe', symbols: ['EURUSD', 'GBPUSD'], depth: 5 })));
// Held back a moment, so that six frames share one segment.
request.socket.cork();
for (let price = 10850; price < 10856; price++) {
  server.text(tick(price));
}
await setTimeout(20);
await turn(client, 'message', () => request.socket.uncork());
await turn(server, 'message', () => client.text(''));
await turn(client, 'message', () => server.binary(Buffer.alloc(0)));
await turn(server, 'message', () => client.binary(noise(200)));
await turn(client, 'message', () => server.binary(noise(125)));
await turn(client, 'message', () => server.binary(noise(126)));
await turn(client, 'message', () => server.text(words(mode.long)));
await turn(client, 'pong', () => client.ping('are you there?'));
await turn(server, 'pong', () => server.ping());
await turn(server, 'message', () => client.fragments(['One message ', 'in three ', 'frames.'], () => client.ping('between')));
await turn(client, 'message', () => server.fragments(['Two ', 'frames.']));
if (mode.server) {
  await turn(client, 'message', () => server.text('sent as it is', { compress: false }));
  await turn(server, 'message', () => client.text(tick(10856)));
  await turn(server, 'message', () => client.text(tick(10856)));
}
const closed = Promise.all([once(clientSocket, 'close'), once(serverSocket, 'close')]);
const [side, code, reason] = mode.close;
(side === 'client' ? client : server).close(code, reason);
await closed;
listener.close();
web.close();
