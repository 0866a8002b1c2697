// SPDX-License-Identifier: GPL-2.0-or-later
// deno_server.ts PORT IDLE: an echo server of Deno that pings, and ends what does not answer within idleTimeout, IDLE seconds.

const [port, idle] = Deno.args.map(Number);
const start = performance.now();
const say = (text: string) => console.log(`${((performance.now() - start) / 1000).toFixed(3)} ${text}`);

Deno.serve({ port, hostname: '127.0.0.1', onListen: () => say('ready') }, (request, { remoteAddr }) => {
  const client = (remoteAddr as Deno.NetAddr).port;
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: idle });
  socket.onopen = () => say(`${client} open, idleTimeout ${idle}`);
  socket.onmessage = (event) => socket.send(event.data);
  socket.onerror = (event) => say(`${client} error ${(event as ErrorEvent).message}`);
  socket.onclose = (event) => say(`${client} closed code=${event.code} reason="${event.reason}"`);
  return response;
});
