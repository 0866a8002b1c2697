// SPDX-License-Identifier: GPL-2.0-or-later
// mqtt_client.js PORT whole|split: subscribes, publishes to itself through the broker and leaves.
// MQTT.js sends each packet as one message the way it does in browsers (whole), and each field
// of a packet as a message of its own the way it does in Node.js (split). Section 6 of MQTT 3.1.1 allows both.
// The broker keeps no log of bytes, so its messages are those that the client's library received.

import { once } from 'node:events';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';
import { print } from './speaker.js';

const [, , port, way] = process.argv;

function logged(url, protocols, options) {
  const socket = new WebSocket(url, protocols, options.wsOptions);
  const note = (direction, data) =>
    print({ stream: 0, direction, type: 'binary', hex: Buffer.from(data).toString('hex') });
  const send = socket.send.bind(socket);
  socket.send = (data, ...rest) => {
    note('client', data);
    return send(data, ...rest);
  };
  socket.on('message', (data) => note('server', data));
  return socket;
}

const client = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, {
  clientId: 'recorder', protocolVersion: 4, keepalive: 60, reconnectPeriod: 0,
  createWebsocket: logged, forceNativeWebSocket: way === 'whole',
});
await once(client, 'connect');
await client.subscribeAsync('sensors/+/temperature', { qos: 1 });
for (const [room, value] of [['kitchen', 21.5], ['attic', 27.25]]) {
  const received = once(client, 'message');
  await client.publishAsync(`sensors/${room}/temperature`, JSON.stringify({ room, celsius: value }), { qos: 1 });
  await received;
}
await client.endAsync();
