import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController } from "../support/harness/platforms";
import { deployed, get } from "./admin-fixture";

const PASS = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({ reader: { username: name, permissions: "read" }, nobody: { username: name, permissions: "" } })[name],
}`;

interface Match {
  method: string;
  path: string;
}

const matches = (told: Record<string, unknown>): string[] =>
  (told["matches"] as Match[]).map(({ method, path }) => `${method} ${path}`);

describe("What the runtime tells the dialogs of operations and endpoints", () => {
  it("is told to those only who may read", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, PASS);
    for (const path of ["operations/-", "operations/-/form?path=sites", "endpoints"]) {
      const seen: number[] = [];
      for (const token of [undefined, "nobody", "reader"]) {
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        seen.push((await fetch(`${red.url}/homenet/${path}`, { headers })).status);
      }
      assert.deepEqual(seen, [401, 401, 200], path);
    }
  });

  it("are the operations of a deployed controller, read without signing in and never on the way of a message", async () => {
    const { controller, config } = await omadaController({ version: "6.1.0" });
    const query = { id: "q", type: "omada-query", controller: "omada", path: "sites", pathType: "str" };
    const red = await deployed(config, query);

    const told = await get(red, "operations/omada?for=read&words=wan");

    assert.deepEqual([told["own"], told["version"], told["notDeployed"]], [true, "6.1.0", false]);
    assert.deepEqual(matches(told), ["GET sites/{siteId}/gateways/{gatewayMac}/wan-status"]);
    assert.equal(controller.tokenRequests(), 0);
    controller.server.spoil({ kind: "delay", ms: 5000 }, { times: 9, when: ({ path }) => path.startsWith("/v3/") });
    await red.deploy([{ ...config, name: "anew" }, query]);
    controller.version = "6.2.0";
    const pending = get(red, "operations/omada");
    const { error } = await red.send("q");
    assert.equal(error, undefined);
    assert.equal((await pending)["pending"], true, "it is answered before the controller is done");
  });

  it("are those of the bundled table where there is no such controller, or it is something else", async () => {
    const { config } = await omadaController();
    const { account } = await kasaCloud();
    const red = await deployed(config, account, { id: "other", type: "tls-config" });

    for (const id of ["-", "nothing", "other", "kasa", "__proto__", "test-tab"]) {
      const told = await get(red, `operations/${id}?for=write&words=reboot%20device`);
      assert.deepEqual([told["own"], told["notDeployed"]], [false, true], id);
      assert.ok(matches(told).includes("POST sites/{siteId}/devices/{deviceMac}/reboot"));
    }
  });

  it("are those of the bundled table where the controller is not set up, and why", async () => {
    const red = await deployed({ id: "unset", type: "omada-controller", server: "https://127.0.0.1" });

    const told = await get(red, "operations/unset");

    assert.deepEqual([told["own"], (told["why"] as { code: string }).code], [false, "config"]);
  });

  it("take any question, and answer it in words", async () => {
    const { config } = await omadaController();
    const red = await deployed(config);
    const odd = ["..", "a//b", "sites?x=1", "{", "sites/{a b}", "", "\u0000", "x".repeat(5000)];

    for (const path of odd) {
      const told = await get(red, `operations/omada/form?method=GET&path=${encodeURIComponent(path)}`);
      if (told.error) assert.equal(told.error.code, "input", path);
      else assert.ok(told["form"], path);
    }
    for (const query of ["for=x", "words[]=a&words[]=b", "words=%5B(", "method=TRACE&path=sites", "path[a]=1"]) {
      for (const kind of ["", "/form"]) await get(red, `operations/omada${kind}?${query}`);
    }
  });

  it("are all endpoints of a router, without asking one", async () => {
    const red = await deployed();

    const { endpoints } = await get(red, "endpoints");

    assert.ok((endpoints as object[]).length > 80);
  });
});
