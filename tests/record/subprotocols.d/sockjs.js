// SPDX-License-Identifier: GPL-2.0-or-later
import { createServer } from "node:http";
import sockjs from "sockjs";
import SockJS from "sockjs-client";
import { expect, finish, host, pause, port, version } from "./truth.js";

const echo = sockjs.createServer({ log: () => {}, heartbeat_delay: 300 });
echo.on("connection", (connection) => {
  connection.on("data", (data) => (data === "bye" ? connection.close(3001, "as you say") : connection.write(data)));
});
const http = createServer();
echo.installHandlers(http, { prefix: "/echo" });
await new Promise((done) => http.listen(port, host, done));

const client = new SockJS(`http://${host}:${port}/echo`, null, { transports: ["websocket"] });
await new Promise((done) => (client.onopen = done));
const heard = [];
client.onmessage = (event) => heard.push(event.data);
const closed = new Promise((done) => (client.onclose = done));
for (const text of ["one", "zwölf"]) client.send(text);
await pause(500); // for a heartbeat
client.send("bye");
const { code, reason } = await closed;
expect('sockjs.type == "open"', "sockjs.type", ["open"]);
expect('sockjs.type == "messages" && ws.direction == 1', "sockjs.messages", heard.map(() => 1));
expect('sockjs.type == "messages" && ws.direction == 0', "sockjs.type", Array(3).fill("messages"));
expect("sockjs.close.code", "sockjs.close.code", [code]);
expect("sockjs.close.code", "sockjs.close.reason", [reason]);
await finish(version("sockjs-client"), version("sockjs"));
