import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../../src/core/clock";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { PeplinkClient, type StatusFormat } from "../../../src/peplink/client";
import { closeAfterTest } from "../../support/mocha-hooks";
import { PeplinkRouter } from "../../support/simulators/peplink/router";

/** The paths at which two JSON values differ. */
function differences(one: unknown, other: unknown, path = ""): string[] {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other ? [] : [path];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const at = (value: object, name: string): unknown => (value as Record<string, unknown>)[name];
  return [...names].flatMap((name) => differences(at(one, name), at(other, name), `${path}/${name}`));
}

interface Envelope {
  stat: string;
  response: unknown;
}

// Responses of real routers, and those in the vendor's documents. They are not part of this repository.
describe("The Peplink client with real responses", () => {
  const folder = resolve("../shared/fixtures/peplink");
  const real: [string, Envelope][] = [];

  before(function () {
    if (!existsSync(folder)) this.skip(); // The responses are missing.
    const parse = (file: string): unknown => JSON.parse(readFileSync(resolve(folder, file), "utf8"));
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const content = parse(file) as Envelope | { examples: Record<string, { response: Envelope }[]> } | unknown[];
      if (Array.isArray(content)) continue;
      const printed = "examples" in content ? Object.entries(content.examples) : [];
      for (const [name, examples] of printed) for (const { response } of examples) real.push([name, response]);
      if ("stat" in content) real.push([file, content]);
    }
    real.splice(0, real.length, ...real.filter(([, { stat, response }]) => stat === "ok" && response !== undefined));
  });

  /** Each envelope with what the client returns for it. */
  async function fetchAll(format: StatusFormat): Promise<[Envelope, unknown][]> {
    const { server, url, clientId, clientSecret } = closeAfterTest(await PeplinkRouter.start({ http: true }));
    const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: systemClock }));
    const credentials = { mode: "client", clientId, clientSecret, username: "", password: "" } as const;
    const client = new PeplinkClient({ server: parseServerAddress(url), ...credentials }, transport, systemClock);
    const results: [Envelope, unknown][] = [];
    for (const [, body] of real) {
      server.injectFault({ kind: "response", body }, { times: 1, when: ({ path }) => path === "/api/status.any" });
      results.push([body, await client.status("status.any", {}, format)]);
    }
    return results;
  }

  it("returns each as it is", async () => {
    for (const [{ response }, result] of await fetchAll({ asList: false, maskSecrets: false }))
      assert.deepEqual(result, response);
    assert.ok(real.length > 20);
  });

  it("masks passwords, keys, tokens and client secrets, and nothing else", async () => {
    const results = await fetchAll({ asList: false, maskSecrets: true });
    const masked = results.flatMap(([{ response }, result]) => differences(response, result));

    const names = masked.map((path) => path.split("/").at(-1) ?? "");
    assert.deepEqual([...new Set(names)].toSorted(), ["accessToken", "clientSecret", "key", "password"]);
    assert.deepEqual(names.filter((name) => name === "password").length, 2);
  });

  it("lists each collection in its own order, with every entry that it has", async () => {
    let collections = 0;
    for (const [{ response }, result] of await fetchAll({ asList: true, maskSecrets: false })) {
      const { order } = response as { order?: unknown[] };
      if (!order) {
        if (!Object.keys(response as object).some((name) => /^\d+$/.test(name))) assert.deepEqual(result, response);
        continue;
      }
      collections++;
      const existing = order.filter((id) => Object.hasOwn(response as object, String(id)));
      assert.deepEqual(
        (result as { id: unknown }[]).map(({ id }) => id),
        existing,
      );
    }
    assert.ok(collections >= 8, String(collections));
  });
});
