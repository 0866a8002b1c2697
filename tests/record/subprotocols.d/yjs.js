// SPDX-License-Identifier: GPL-2.0-or-later
// y-websocket's client; a small server passes messages on, and answers its first step.
import { WebSocket, WebSocketServer } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { expect, finish, host, pause, port, version } from "./truth.js";

const server = new WebSocketServer({ port, host });
const sent = []; // by connection
server.on("connection", (socket) => {
  const types = [];
  sent.push(types);
  socket.on("message", (data) => {
    for (const other of server.clients) if (other !== socket) other.send(data);
    types.push(data[0]);
  });
});
const documents = [new Y.Doc(), new Y.Doc()];
const providers = documents.map((one) => new WebsocketProvider(`ws://${host}:${port}`, "room", one, { WebSocketPolyfill: WebSocket, disableBc: true }));
await Promise.all(providers.map((provider) => new Promise((done) => provider.on("status", ({ status }) => status === "connected" && done()))));
documents[0].getText("a").insert(0, "hello");
await pause(500);
for (const provider of providers) provider.destroy();
await pause(200);
sent.forEach((types, number) => expect(`yjs && ws.direction == 0 && ws.stream == ${number}`, "yjs.type", types));
await finish(version("y-websocket"), version("ws"));
