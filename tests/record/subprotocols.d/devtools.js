// SPDX-License-Identifier: GPL-2.0-or-later
// Chromium's DevTools port, spoken to as a script does.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

const home = mkdtempSync(join(tmpdir(), "devtools-"));
const browser = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${home}`,
                                   `--remote-debugging-port=${port}`, "about:blank"], { stdio: "ignore", env: { ...process.env, HOME: home } });
process.on("exit", () => browser.kill());
let url;
for (let tries = 0; !url && tries < 60; ++tries) {
  await pause(500);
  url = await fetch(`http://${host}:${port}/json/version`).then((answer) => answer.json()).then((json) => json.webSocketDebuggerUrl, () => undefined);
}
const socket = new WebSocket(url);
await new Promise((done) => socket.on("open", done));
const waiting = new Map(), called = [], errors = [];
socket.on("message", (data) => {
  const message = JSON.parse(data);
  if (message.error) errors.push(message.error.code);
  waiting.get(message.id)?.(message.result);
});
const call = (method, params = {}) =>
  new Promise((done) => {
    called.push(method);
    waiting.set(called.length, done);
    socket.send(JSON.stringify({ id: called.length, method, params }));
  });
await call("Browser.getVersion");
await call("Target.setDiscoverTargets", { discover: true });
await call("No.suchMethod");
socket.close();
expect("jsonrpc.id && !jsonrpc.response_to", "jsonrpc.method", called);
expect("jsonrpc.response_to", "jsonrpc.method", called);
expect("jsonrpc.error.code", "jsonrpc.error.code", errors);
await finish(version("ws"), execFileSync("chromium", ["--version"], { env: { ...process.env, HOME: home } }).toString().trim());
