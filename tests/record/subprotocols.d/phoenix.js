// SPDX-License-Identifier: GPL-2.0-or-later
// Phoenix's own client; its server is not packaged, so a small one answers.
import { WebSocket, WebSocketServer } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

globalThis.addEventListener ??= () => {};
const { Socket } = await import("phoenix");
const server = new WebSocketServer({ port, host, path: "/socket/websocket" });
server.on("connection", (socket) =>
  socket.on("message", (data) => {
    const [join, ref, topic, event] = JSON.parse(data);
    const status = event === "refuse" ? "error" : "ok";
    socket.send(JSON.stringify([join, ref, topic, "phx_reply", { status, response: {} }]));
    if (event === "shout") socket.send(JSON.stringify([null, null, topic, "shouted", { text: "hey" }]));
  }));

const socket = new Socket(`ws://${host}:${port}/socket`, { transport: WebSocket, heartbeatIntervalMs: 400 });
socket.connect();
const channel = socket.channel("room:lobby", { token: "abc" });
const done = (push) => new Promise((next) => push.receive("ok", () => next("ok")).receive("error", () => next("error")));
const events = [], statuses = [];
const say = async (event, push) => {
  events.push(event);
  statuses.push(await done(push));
};
await say("phx_join", channel.join());
await say("shout", channel.push("shout", {}));
await say("refuse", channel.push("refuse", {}));
await pause(600); // for a heartbeat
events.push("heartbeat");
statuses.push("ok");
socket.disconnect();
expect("phoenix.ref && ws.direction == 0", "phoenix.event", events);
expect("phoenix.response_to", "phoenix.status", statuses);
expect('phoenix.event == "shouted"', "phoenix.topic", ["room:lobby"]);
await finish(version("phoenix"), "its protocol by hand");
