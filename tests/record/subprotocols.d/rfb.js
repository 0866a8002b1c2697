// SPDX-License-Identifier: GPL-2.0-or-later
// TigerVNC behind websockify; the client is what noVNC sends first.
import { execFileSync, spawn } from "node:child_process";
import { WebSocket } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

const started = [
  spawn("Xtigervnc", [":7", "-nolock", "-nolisten", "unix", "-SecurityTypes", "None", "-geometry", "64x48", "-localhost", "-rfbport", String(port + 1), "-desktop", "recorded"], { stdio: "ignore" }),
  spawn("websockify", [`${host}:${port}`, `${host}:${port + 1}`], { stdio: "ignore" }),
];
process.on("exit", () => started.forEach((one) => one.kill()));
await pause(3000);

const socket = new WebSocket(`ws://${host}:${port}/websockify`, ["binary"]);
await new Promise((done) => socket.on("open", done));
let got = Buffer.alloc(0);
socket.on("message", (data) => (got = Buffer.concat([got, data])));
const receive = async (size) => {
  while (got.length < size) await pause(20);
  const taken = got.subarray(0, size);
  got = got.subarray(size);
  return taken;
};
const ours = (await receive(12)).toString();
socket.send(Buffer.from(ours));
const types = await receive((await receive(1))[0]);
socket.send(types.subarray(0, 1));
await receive(4); // the result
socket.send(Buffer.from([1]));
const init = await receive(24);
const name = (await receive(init.readUInt32BE(20))).toString();
socket.send(Buffer.from([3, 0, 0, 0, 0, 0, 0, 64, 0, 48]));
await receive(16); // the beginning of an update
await pause(200);
socket.close(1000); // without a code websockify sends 1005, which is forbidden
const spoken = ours.slice(4, 11);
expect("vnc.server_proto_ver", "vnc.server_proto_ver", [spoken]);
expect("vnc.client_proto_ver", "vnc.client_proto_ver", [spoken]);
expect("vnc.desktop_name", "vnc.desktop_name", [name]);
expect("vnc.width", "vnc.width", [init.readUInt16BE(0)]);
const quiet = { stdio: ["ignore", "pipe", "pipe"] };
await finish(version("ws"), "TigerVNC " + execFileSync("dpkg-query", ["-W", "-f", "${Version}", "tigervnc-standalone-server"], quiet).toString().split("+")[0]
             + ", websockify " + execFileSync("dpkg-query", ["-W", "-f", "${Version}", "websockify"], quiet).toString().split("+")[0]);
