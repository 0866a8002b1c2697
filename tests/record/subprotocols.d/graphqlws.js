// SPDX-License-Identifier: GPL-2.0-or-later
import { buildSchema } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { expect, finish, host, port, version } from "./truth.js";

const schema = buildSchema("type Query { hello: String } type Subscription { greetings: String }");
const roots = {
  query: { hello: () => "Hello" },
  subscription: {
    async *greetings() {
      for (const greetings of ["Hi", "Bonjour"]) yield { greetings };
    },
  },
};
useServer({ schema, roots }, new WebSocketServer({ port, host, path: "/graphql" }));

const client = createClient({ url: `ws://${host}:${port}/graphql`, webSocketImpl: WebSocket, lazy: false });
const got = [];
const ask = (payload) =>
  new Promise((done) =>
    client.subscribe(payload, { next: (value) => got.push(value), error: (errors) => done(got.push(errors)), complete: done }));
await ask({ query: "query Greeting { hello }" });
await ask({ query: "subscription Greetings { greetings }" });
await ask({ query: "{ nothing }" });
await client.dispose();
const results = got.filter((value) => value.data).length;
expect('graphqlws.type == "subscribe"', "graphqlws.operation", ["Greeting", "Greetings"]);
expect('graphqlws.type == "next"', "graphqlws.type", Array(results).fill("next"));
expect('graphqlws.type == "error"', "graphqlws.type", Array(got.length - results).fill("error"));
await finish(version("graphql-ws"), version("graphql-ws"));
