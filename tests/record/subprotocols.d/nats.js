// SPDX-License-Identifier: GPL-2.0-or-later
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, StringCodec } from "nats.ws";
import { WebSocket } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

globalThis.WebSocket = WebSocket;
const config = join(mkdtempSync(join(tmpdir(), "nats-")), "nats.conf");
writeFileSync(config, `host: ${host}\nport: ${port + 1}\nwebsocket { host: ${host}, port: ${port}, no_tls: true, compression: false }\n`);
const server = spawn("nats-server", ["-c", config], { stdio: "ignore" });
process.on("exit", () => server.kill());
await pause(1500);

const text = StringCodec();
const nats = await connect({ servers: `ws://${host}:${port}` });
const heard = [];
nats.subscribe("orders.*", { callback: (_, message) => heard.push(message.subject) });
const sent = ["orders.new", "orders.paid"];
for (const subject of sent) nats.publish(subject, text.encode("x".repeat(3000)));
await nats.flush();
await pause(300);
await nats.close();
expect("nats && ws.direction == 0", "nats.subject", ["orders.*", ...sent]);
expect("nats.command == MSG", "nats.subject", heard);
await finish(version("nats.ws"), execFileSync("nats-server", ["--version"]).toString().trim());
