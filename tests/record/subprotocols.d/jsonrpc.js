// SPDX-License-Identifier: GPL-2.0-or-later
import { Client, Server } from "rpc-websockets";
import { expect, finish, host, pause, port, version } from "./truth.js";

const server = new Server({ port, host });
await new Promise((done) => server.on("listening", done));
server.register("sum", ([a, b]) => a + b);
server.register("slow", async () => {
  await pause(200);
  return "late";
});
server.event("tick");

const client = new Client(`ws://${host}:${port}`);
await new Promise((done) => client.on("open", done));
const called = [], codes = [];
const call = async (method, ...rest) => {
  called.push(method);
  try {
    await client.call(method, ...rest);
  } catch (error) {
    codes.push(error.code);
  }
};
await Promise.all([call("slow"), call("sum", [1, 2])]);
await call("missing", { a: 1 });
called.push("rpc.on");
await client.subscribe("tick");
server.emit("tick", 7);
await client.notify("sum", [3, 4]);
await pause(200);
client.close();
expect("jsonrpc.id && !jsonrpc.response_to", "jsonrpc.method", called);
expect("jsonrpc.error.code", "jsonrpc.error.code", codes);
expect("jsonrpc.response_to", "jsonrpc.method", ["sum", "slow", "missing", "rpc.on"]);
expect("jsonrpc.response_time > 0.15 && jsonrpc.response_time < 2", "jsonrpc.method", ["slow"]);
await finish(version("rpc-websockets"), version("rpc-websockets"));
