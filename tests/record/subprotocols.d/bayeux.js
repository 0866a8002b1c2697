// SPDX-License-Identifier: GPL-2.0-or-later
import { createServer } from "node:http";
import faye from "faye";
import { expect, finish, host, pause, port, version } from "./truth.js";

const http = createServer();
new faye.NodeAdapter({ mount: "/messages", timeout: 45 }).attach(http);
await new Promise((done) => http.listen(port, host, done));

const client = new faye.Client(`http://${host}:${port}/messages`);
const heard = [];
await client.subscribe("/chat/*", (message) => heard.push(message));
await pause(300);
for (const number of [1, 2]) await client.publish("/chat/room", { number });
await pause(300);
await client.disconnect();
expect('bayeux.type == "subscribe" && !bayeux.response_to', "bayeux.channel", ["/meta/subscribe"]);
expect('bayeux.type == "message" && ws.direction == 0', "bayeux.channel", ["/chat/room", "/chat/room"]);
expect('ws.message.text contains "number" && ws.direction == 1', "bayeux.type", heard.map(() => "message"));
await finish(version("faye"), version("faye"));
