// SPDX-License-Identifier: GPL-2.0-or-later
import autobahn from "autobahn";
import FoxRouter from "fox-wamp";
import { expect, finish, host, pause, port, version } from "./truth.js";

new FoxRouter().listenWAMP({ port, host });
const connection = new autobahn.Connection({ url: `ws://${host}:${port}/`, realm: "realm1" });
const session = await new Promise((done) => {
  connection.onopen = done;
  connection.open();
});
const id = session.id, events = [], errors = [];
await session.subscribe("com.example.tick", (values) => events.push(values[0]));
await session.register("com.example.add", ([a, b]) => a + b);
const sum = await session.call("com.example.add", [2, 3]);
await session.publish("com.example.tick", [1], {}, { acknowledge: true, exclude_me: false });
try {
  await session.call("com.example.missing", []);
} catch (error) {
  errors.push(error.error);
}
await pause(200);
connection.close();
await pause(200);
expect("wamp.type == 2", "wamp.session_id", [id]);
expect("wamp.type == 48", "wamp.uri", ["com.example.add", "com.example.missing"]);
expect("wamp.type == 50", "wamp.uri", sum === 5 ? ["com.example.add"] : []);
expect("wamp.type == 8 && wamp.response_to", "wamp.uri", [...errors, "com.example.missing"]);
expect("wamp.type == 36", "wamp.type", events.map(() => 36));
expect("wamp.type in {33, 65, 17}", "wamp.uri", ["com.example.tick", "com.example.add", "com.example.tick"]);
await finish(version("autobahn"), version("fox-wamp"));
