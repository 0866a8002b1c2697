// SPDX-License-Identifier: GPL-2.0-or-later
// bun_server.ts PORT IDLE PINGS: an echo server of Bun whose idleTimeout is IDLE seconds, with pings of its own or without.

const [, , port, idle, pings] = process.argv;
const start = performance.now();
const say = (text: string) => console.log(`${((performance.now() - start) / 1000).toFixed(3)} ${text}`);

Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  fetch(request, server) {
    const client = server.requestIP(request)!.port;
    if (!server.upgrade(request, { data: { client } })) return new Response('no WebSocket', { status: 400 });
  },
  websocket: {
    idleTimeout: Number(idle),
    sendPings: pings === 'pings',
    open: (socket) => say(`${socket.data.client} open, idleTimeout ${idle}, ${pings}`),
    pong: (socket) => say(`${socket.data.client} pong`),
    message: (socket, message) => void socket.send(message),
    close: (socket, code, reason) => say(`${socket.data.client} closed code=${code} reason="${reason}"`),
  },
});
say('ready');
