// SPDX-License-Identifier: GPL-2.0-or-later
// RabbitMQ with its web-stomp, which the recording started.
import { Client } from "@stomp/stompjs";
import { WebSocket } from "ws";
import { expect, finish, host, pause, port, version } from "./truth.js";

globalThis.WebSocket = WebSocket;
const client = new Client({ brokerURL: `ws://${host}:${port}/ws`, connectHeaders: { login: "guest", passcode: "guest" },
                            heartbeatIncoming: 400, heartbeatOutgoing: 400, reconnectDelay: 0 });
await new Promise((done) => {
  client.onConnect = done;
  client.activate();
});
const heard = [];
client.subscribe("/queue/orders", (message) => heard.push(message.body), { id: "mine" });
const sent = ['{"order":1}', "zwölf"];
for (const body of sent) client.publish({ destination: "/queue/orders", body });
await new Promise((done) => {
  client.watchForReceipt("r-1", done);
  client.publish({ destination: "/queue/other", body: "with receipt", headers: { receipt: "r-1" } });
});
await pause(1000); // for heartbeats
await client.deactivate();
expect("stomp.command == SEND", "stomp.body", [...sent, "with receipt"]);
expect("stomp.command == MESSAGE", "stomp.body", heard);
expect("stomp.command == MESSAGE", "stomp.subscription", heard.map(() => "mine"));
expect("stomp.command == RECEIPT && stomp.response_to", "stomp.receipt_id", ["r-1", "close-1"].slice(0, 1));
await finish(version("@stomp/stompjs"), "RabbitMQ");
