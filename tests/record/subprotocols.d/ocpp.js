// SPDX-License-Identifier: GPL-2.0-or-later
import { createRPCError, RPCClient, RPCServer } from "ocpp-rpc";
import { expect, finish, host, port, version } from "./truth.js";

const called = [], refused = [];
const server = new RPCServer({ protocols: ["ocpp1.6"] });
server.on("client", (client) => {
  client.handle("BootNotification", () => ({ status: "Accepted", interval: 300, currentTime: new Date().toISOString() }));
  client.handle("StartTransaction", async () => {
    await new Promise((done) => setTimeout(done, 300));
    return { idTagInfo: { status: "Accepted" }, transactionId: 7 };
  });
  client.handle(({ method }) => {
    throw createRPCError("NotImplemented", `no ${method}`);
  });
  setTimeout(async () => {
    called.push("Reset");
    await client.call("Reset", { type: "Soft" });
  }, 500);
});
await server.listen(port, host);

const client = new RPCClient({ endpoint: `ws://${host}:${port}`, identity: "STATION 1", protocols: ["ocpp1.6"] });
client.handle("Reset", () => ({ status: "Accepted" }));
await client.connect();
const call = async (action, parameters) => {
  called.push(action);
  try {
    await client.call(action, parameters);
  } catch (error) {
    refused.push(error.rpcErrorCode);
  }
};
await call("BootNotification", { chargePointVendor: "Vendor", chargePointModel: "Model" });
await call("StartTransaction", { connectorId: 1, idTag: "tag", meterStart: 0, timestamp: new Date().toISOString() });
await call("Heartbeat", {});
await new Promise((done) => setTimeout(done, 500));
await client.close();
expect("ocpp.type == 2", "ocpp.action", called);
expect("ocpp.type == 4", "ocpp.error.code", refused);
expect("ocpp.action == StartTransaction && ocpp.response_time > 0.25 && ocpp.response_time < 2", "ocpp.type", [3]);
expect("ocpp.response_to", "ocpp.action", called);
await finish(version("ocpp-rpc"), version("ocpp-rpc"));
