// SPDX-License-Identifier: GPL-2.0-or-later
// As kubectl exec and the kubelet: a shell behind channels, in bytes (v5) and in base64.
import { spawn } from "node:child_process";
import { WebSocket, WebSocketServer } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

const names = ["v5.channel.k8s.io", "base64.channel.k8s.io"];
const wrap = (socket, channel, data) =>
  socket.protocol.startsWith("base64") ? channel + Buffer.from(data).toString("base64") : Buffer.concat([Buffer.from([channel]), Buffer.from(data)]);
const unwrap = (socket, data) =>
  socket.protocol.startsWith("base64") ? Buffer.from(data.toString().slice(1), "base64") : data.subarray(1);
const server = new WebSocketServer({ port, host, handleProtocols: (offered) => [...offered][0] });
server.on("connection", (socket) => {
  const shell = spawn("sh");
  shell.stdout.on("data", (data) => socket.send(wrap(socket, 1, data)));
  shell.stderr.on("data", (data) => socket.send(wrap(socket, 2, data)));
  shell.on("close", (code) => {
    socket.send(wrap(socket, 3, JSON.stringify({ status: code ? "Failure" : "Success" })));
    socket.close();
  });
  socket.on("message", (data) => shell.stdin.write(unwrap(socket, data)));
});

const typed = ["echo one\n", "echo two >&2\n", "exit\n"], out = [], errors = [], states = [];
for (const name of names) {
  const socket = new WebSocket(`ws://${host}:${port}/api/v1/namespaces/default/pods/one/exec?command=sh`, [name]);
  await new Promise((done) => socket.on("open", done));
  socket.on("message", (data) => {
    const channel = Number(name.startsWith("base64") ? data.toString()[0] : data[0]);
    [, out, errors, states][channel].push(unwrap(socket, data).toString());
  });
  const closed = new Promise((done) => socket.on("close", done));
  for (const line of typed) {
    socket.send(wrap(socket, 0, line));
    await pause(200);
  }
  await closed;
}
const shown = (texts) => texts.map((text) => text.replaceAll("\n", "\\n")); // as tshark writes them
expect("k8schannel.channel == 0", "k8schannel.text", shown([...typed, ...typed]));
expect("k8schannel.channel == 1", "k8schannel.text", shown(out));
expect("k8schannel.channel == 2", "k8schannel.text", shown(errors));
expect("k8schannel.channel == 3", "k8schannel.text", states);
await finish(version("ws"), "sh behind " + version("ws"));
