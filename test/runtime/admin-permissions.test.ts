import assert from "node:assert/strict";
import { describeError } from "../../nodes/admin/routes";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud } from "../support/harness/platforms";
import { deploy, dialogInput, get, post } from "./admin-fixture";

const ADMIN_AUTH = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({ writer: { username: name, permissions: "*" }, reader: { username: name, permissions: "read" } })[name],
}`;

describe("The admin routes", () => {
  it("require read permission for lists, and write permission for everything else", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, ADMIN_AUTH);
    const status = async (method: string, path: string, token?: string): Promise<number> => {
      const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
      const body = method === "POST" ? "{}" : undefined;
      const response = await fetch(`${red.url}/homenet/${path}`, { method, headers, ...(body && { body }) });
      return response.status;
    };

    for (const type of ["kasa-account", "omada-controller", "peplink-router"]) {
      for (const action of ["test", "keep", "refreshToken", "client"]) {
        const path = `${type}/${action}`;
        const statuses = [
          await status("POST", path),
          await status("POST", path, "reader"),
          await status("POST", path, "writer"),
        ];
        assert.deepEqual(statuses, [401, 401, 200], path);
      }
      for (const list of ["devices", "sites"]) {
        const path = `${type}/some-id/${list}`;
        const statuses = [
          await status("GET", path),
          await status("GET", path, "reader"),
          await status("GET", path, "writer"),
        ];
        assert.deepEqual(statuses, [401, 200, 200], path);
      }
    }
  });

  it("do not prevent a Node-RED without an admin API from starting", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, "undefined, httpAdminRoot: false");

    assert.doesNotMatch(red.log, /homenet.*Error|TypeError|missing types/i);
  });

  it("respond to nonsense with an error, and the runtime goes on", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(account);

    const nonsense: unknown[] = [
      {},
      [],
      { id: 1, settings: "no", credentials: 5 },
      { id: null, settings: null, credentials: null },
      { id: "kasa", settings: { server: { toString: 1 } }, credentials: { email: ["a"], password: null } },
      {
        ...dialogInput(account),
        credentials: JSON.parse('{"__proto__": {"polluted": true}, "email": "__PWRD__"}') as object,
      },
      { id: "__proto__", ticket: "__proto__" },
    ];
    for (const body of nonsense) {
      for (const path of [
        "kasa-account/test",
        "kasa-account/keep",
        "kasa-account/refreshToken",
        "peplink-router/client",
      ]) {
        const { error } = await post(red, path, body);
        assert.ok(
          ["config", "input", "sign-in", "network"].includes(error?.code ?? ""),
          `${path} ${JSON.stringify(error)}`,
        );
      }
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it("reveal nothing about an unexpected error", () => {
    const { code, message } = describeError(new TypeError("https://owner:sesame@example.com"));
    assert.deepEqual([code, message], ["protocol", "An unexpected error occurred. Please report it."]);
  });

  it("know no other actions and lists than their own", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(account);

    for (const name of ["constructor", "__proto__", "toString", "nothing"]) {
      assert.equal((await post(red, `kasa-account/${name}`, {})).error?.code, "input", name);
      assert.equal((await get(red, `kasa-account/kasa/${name}`)).error?.code, "input", name);
    }
  });

  it("accept only JSON, and no more of it than a dialog can hold", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const send = async (type: string, body: string): Promise<{ error?: { code: string; message: string } }> => {
      const url = `${red.url}/homenet/kasa-account/test`;
      const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
      return (await response.json()) as { error?: { code: string; message: string } };
    };

    const form = await send("application/x-www-form-urlencoded", `id=kasa&settings[server]=${cloud.url}`);
    const long = await send("application/json", JSON.stringify(dialogInput({ ...account, name: "x".repeat(70_000) })));

    assert.match(form.error?.message ?? "", /^Only JSON/);
    assert.match(long.error?.message ?? "", /larger than a dialog can be/);
    assert.equal(cloud.server.journal.length, 0);
  });
});
