// SPDX-License-Identifier: GPL-2.0-or-later
// SignalR's own client, in both formats, and a small server that reads and writes with the client's formats.
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

const require = createRequire(import.meta.url); // their modules of the newer kind cannot be found
const { HttpTransportType, HubConnectionBuilder, JsonHubProtocol, LogLevel, MessageType, NullLogger } = require("@microsoft/signalr");
const { MessagePackHubProtocol } = require("@microsoft/signalr-protocol-msgpack");

const server = new WebSocketServer({ port, host });
server.on("connection", (socket) => {
  let format;
  socket.on("message", (data, isBinary) => {
    if (!format) {
      const wanted = JSON.parse(data.toString().split("\x1e")[0]).protocol;
      format = wanted === "json" ? new JsonHubProtocol() : new MessagePackHubProtocol();
      return socket.send("{}\x1e");
    }
    const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    for (const message of format.parseMessages(isBinary ? bytes : data.toString(), NullLogger.instance)) {
      const answer = { invocationId: message.invocationId };
      const send = (more) => socket.send(format.writeMessage({ headers: {}, ...answer, ...more }));
      if (message.type === MessageType.Invocation && message.target === "Fail") send({ type: MessageType.Completion, error: "as you wish" });
      else if (message.type === MessageType.Invocation) send({ type: MessageType.Completion, result: message.arguments[0] });
    }
  });
});

const targets = [];
for (const format of [new JsonHubProtocol(), new MessagePackHubProtocol()]) {
  const hub = new HubConnectionBuilder()
    .withUrl(`http://${host}:${port}/hub`, { skipNegotiation: true, transport: HttpTransportType.WebSockets })
    .withHubProtocol(format).configureLogging(LogLevel.None).build();
  await hub.start();
  for (const target of ["Echo", "Fail"]) {
    targets.push(target);
    await hub.invoke(target, "text").catch(() => {});
  }
  await hub.stop();
  await pause(100);
}
expect("signalr.type == 1", "signalr.target", targets);
expect("signalr.type == 3", "signalr.target", targets);
await finish(version("@microsoft/signalr"), version("@microsoft/signalr-protocol-msgpack"));
