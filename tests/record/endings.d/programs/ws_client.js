// SPDX-License-Identifier: GPL-2.0-or-later
// ws_client.js PORT URL [OPTIONS]: a client of the ws library that binds PORT. Options as JSON: say, every (ms), stay (ms, then close; else
// it waits for the other side), terminate (in place of close), protocols, pings (ms: pings of its own, and terminate() if none came back), and
// what WebSocket takes.

import { WebSocket } from 'ws';

const [, , port, url, json] = process.argv;
const { say: text, every, stay, terminate, protocols = [], pings, ...options } = JSON.parse(json ?? '{}');
const start = process.hrtime.bigint();
const say = (line) => console.log(`${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(3)} ${port} ${line}`);

const socket = new WebSocket(url, protocols, { localPort: Number(port), perMessageDeflate: false, ...options });
const timers = [];
socket.on('open', () => {
  say(`open protocol="${socket.protocol}"`);
  if (text) socket.send(text);
  if (text && every) timers.push(setInterval(() => socket.send(text), every));
  if (stay !== undefined)
    setTimeout(() => {
      say(terminate ? 'terminate()' : 'close(1000)');
      if (terminate) socket.terminate();
      else socket.close(1000);
    }, stay);
  if (pings) {
    let answered = true;
    timers.push(setInterval(() => {
      if (!answered) {
        say('no pong since the last ping: terminate()');
        return socket.terminate();
      }
      answered = false;
      say('ping');
      socket.ping();
    }, pings));
    socket.on('pong', () => {
      answered = true;
      say('pong');
    });
  }
});
socket.on('unexpected-response', (_, response) => {
  const wire = response.socket; // kept alive otherwise, and the program with it
  let body = '';
  response.on('data', (data) => (body += data));
  response.on('end', () => {
    say(`refused ${response.statusCode} ${JSON.stringify(response.headers)} ${body.replace(/\s+/g, ' ').slice(0, 200)}`);
    wire.destroy();
  });
});
socket.on('error', (error) => say(`error ${error.code ?? ''} ${error.message}`));
socket.on('close', (code, reason) => {
  say(`closed code=${code} reason="${reason}"`);
  timers.forEach(clearInterval);
});
