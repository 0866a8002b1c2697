// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs of a recording say that they did, in the order in which they did it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const expectations = [];

export const port = Number(process.argv[2]);
export const host = "127.0.0.1";

/// The packets of the filter have these values of the field, in order.
export function expect(filter, field, values) {
  expectations.push({ filter, field, values: values.map(String) });
}

/// "ws 8.23.0"
export function version(name) {
  let folder = dirname(require.resolve(name));
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(join(folder, "package.json")));
      if (found.version) return `${found.name} ${found.version}`;
    } catch {}
    folder = dirname(folder);
  }
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/// Writes the truth, and ends.
export async function finish(client, server) {
  await pause(200);
  console.log(JSON.stringify({ client, server, expectations }));
  process.exit(0);
}
