import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController } from "../support/harness/platforms";
import { deploy, get } from "./admin-fixture";

const ADMIN_AUTH = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({ reader: { username: name, permissions: "read" }, nobody: { username: name, permissions: "" } })[name],
}`;

interface Match {
  method: string;
  path: string;
}

const matches = (result: Record<string, unknown>): string[] =>
  (result["matches"] as Match[]).map(({ method, path }) => `${method} ${path}`);

describe("The routes for operations and endpoints", () => {
  it("require read permission", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, ADMIN_AUTH);
    for (const path of ["operations/-", "operations/-/form?path=sites", "endpoints"]) {
      const statuses: number[] = [];
      for (const token of [undefined, "nobody", "reader"]) {
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        statuses.push((await fetch(`${red.url}/homenet/${path}`, { headers })).status);
      }
      assert.deepEqual(statuses, [401, 401, 200], path);
    }
  });

  it("return the operations of a deployed controller, without signing in and without delaying messages", async () => {
    const { controller, config } = await omadaController({ version: "6.1.0" });
    const query = { id: "q", type: "omada-query", controller: "omada", path: "sites", pathType: "str" };
    const red = await deploy(config, query);

    const result = await get(red, "operations/omada?for=read&words=wan");

    assert.deepEqual([result["own"], result["version"], result["notDeployed"]], [true, "6.1.0", false]);
    assert.deepEqual(matches(result), ["GET sites/{siteId}/gateways/{gatewayMac}/wan-status"]);
    assert.equal(controller.tokenRequests(), 0);
    controller.server.injectFault(
      { kind: "delay", ms: 5000 },
      { times: 9, when: ({ path }) => path.startsWith("/v3/") },
    );
    await red.deploy([{ ...config, name: "renamed" }, query]);
    controller.version = "6.2.0";
    const pending = get(red, "operations/omada");
    const { error } = await red.send("q");
    assert.equal(error, undefined);
    assert.equal((await pending)["pending"], true, "the response does not wait for the controller");
  });

  it("return the bundled operations if the id is not that of a deployed controller", async () => {
    const { config } = await omadaController();
    const { account } = await kasaCloud();
    const red = await deploy(config, account, { id: "other", type: "tls-config" });

    for (const id of ["-", "nothing", "other", "kasa", "__proto__", "test-tab"]) {
      const result = await get(red, `operations/${id}?for=write&words=reboot%20device`);
      assert.deepEqual([result["own"], result["notDeployed"]], [false, true], id);
      assert.ok(matches(result).includes("POST sites/{siteId}/devices/{deviceMac}/reboot"));
    }
  });

  it("return the bundled operations and the reason if the controller is not configured", async () => {
    const red = await deploy({ id: "unset", type: "omada-controller", server: "https://127.0.0.1" });

    const result = await get(red, "operations/unset");

    assert.deepEqual([result["own"], (result["why"] as { code: string }).code], [false, "config"]);
  });

  it("respond to any query", async () => {
    const { config } = await omadaController();
    const red = await deploy(config);
    const paths = ["..", "a//b", "sites?x=1", "{", "sites/{a b}", "", "\u0000", "x".repeat(5000)];

    for (const path of paths) {
      const result = await get(red, `operations/omada/form?method=GET&path=${encodeURIComponent(path)}`);
      if (result.error) assert.equal(result.error.code, "input", path);
      else assert.ok(result["form"], path);
    }
    for (const query of ["for=x", "words[]=a&words[]=b", "words=%5B(", "method=TRACE&path=sites", "path[a]=1"]) {
      for (const kind of ["", "/form"]) await get(red, `operations/omada${kind}?${query}`);
    }
  });

  it("return all endpoints of a router without sending a request to one", async () => {
    const red = await deploy();

    const { endpoints } = await get(red, "endpoints");

    assert.ok((endpoints as object[]).length > 80);
  });
});
