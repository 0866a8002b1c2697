// SPDX-License-Identifier: GPL-2.0-or-later
// Rails' own client; a small server answers.
import { WebSocket, WebSocketServer } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

globalThis.addEventListener = globalThis.removeEventListener = () => {};
globalThis.document = { visibilityState: "visible" };
globalThis.WebSocket = WebSocket;
globalThis.self = { WebSocket };
const { adapters, createConsumer } = await import("@rails/actioncable");
adapters.WebSocket = WebSocket;
const server = new WebSocketServer({ port, host, path: "/cable", handleProtocols: () => "actioncable-v1-json" });
server.on("connection", (socket) => {
  const send = (message) => socket.send(JSON.stringify(message));
  send({ type: "welcome" });
  socket.on("message", (data) => {
    const { command, identifier } = JSON.parse(data);
    if (command === "subscribe") send({ identifier, type: "confirm_subscription" });
    if (command === "message") send({ identifier, message: { text: "heard" } });
  });
});

const consumer = createConsumer(`ws://${host}:${port}/cable`);
const heard = [];
await new Promise((done) => {
  const subscription = consumer.subscriptions.create({ channel: "ChatChannel", room: 1 }, {
    connected: () => subscription.perform("speak", { text: "hi" }),
    received: (message) => done(heard.push(message)),
  });
});
consumer.subscriptions.subscriptions[0].unsubscribe();
await pause(200);
consumer.disconnect();
expect("actioncable && ws.direction == 0", "actioncable.type", ["subscribe", "message", "unsubscribe"]);
expect("actioncable && ws.direction == 1", "actioncable.type", ["welcome", "confirm_subscription", ...heard.map(() => "message")]);
expect("actioncable.channel", "actioncable.channel", Array(4 + heard.length).fill("ChatChannel"));
await finish(version("@rails/actioncable"), "its protocol by hand");
