import assert from "node:assert/strict";
import { describeError } from "../../nodes/admin/routes";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud } from "../support/harness/platforms";
import { deployed, get, post, typed } from "./admin-fixture";

const PASS = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({ writer: { username: name, permissions: "*" }, reader: { username: name, permissions: "read" } })[name],
}`;

describe("The doors that the runtime opens for the dialogs", () => {
  it("let nobody in without the permission: to read for lists, to write for everything else", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, PASS);
    const status = async (method: string, path: string, token?: string): Promise<number> => {
      const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
      const body = method === "POST" ? "{}" : undefined;
      const response = await fetch(`${red.url}/homenet/${path}`, { method, headers, ...(body && { body }) });
      return response.status;
    };

    for (const type of ["kasa-account", "omada-controller", "peplink-router"]) {
      for (const act of ["test", "keep", "refreshToken", "client"]) {
        const path = `${type}/${act}`;
        const seen = [
          await status("POST", path),
          await status("POST", path, "reader"),
          await status("POST", path, "writer"),
        ];
        assert.deepEqual(seen, [401, 401, 200], path);
      }
      for (const list of ["devices", "sites"]) {
        const path = `${type}/some-id/${list}`;
        const seen = [
          await status("GET", path),
          await status("GET", path, "reader"),
          await status("GET", path, "writer"),
        ];
        assert.deepEqual(seen, [401, 200, 200], path);
      }
    }
  });

  it("do not stand in the way of a Node-RED that has no admin API at all", async function () {
    this.timeout(60_000);
    const red = await NodeRedProcess.start(userDirectory(), undefined, "undefined, httpAdminRoot: false");

    assert.doesNotMatch(red.log, /homenet.*Error|TypeError|missing types/i);
  });

  it("answer what makes no sense in words, and the runtime goes on", async () => {
    const { account } = await kasaCloud();
    const red = await deployed(account);

    const nonsense: unknown[] = [
      {},
      [],
      { id: 1, settings: "no", credentials: 5 },
      { id: null, settings: null, credentials: null },
      { id: "kasa", settings: { server: { toString: 1 } }, credentials: { email: ["a"], password: null } },
      {
        ...typed(account),
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

  it("tell nothing of an error that is none of ours", () => {
    const { code, message } = describeError(new TypeError("https://owner:sesame@example.com"));
    assert.deepEqual([code, message], ["protocol", "An unexpected error occurred. Please report it."]);
  });

  it("know no act and no list but their own", async () => {
    const { account } = await kasaCloud();
    const red = await deployed(account);

    for (const name of ["constructor", "__proto__", "toString", "nothing"]) {
      assert.equal((await post(red, `kasa-account/${name}`, {})).error?.code, "input", name);
      assert.equal((await get(red, `kasa-account/kasa/${name}`)).error?.code, "input", name);
    }
  });

  it("read JSON only, and no more than a dialog can hold", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    const ask = async (type: string, body: string): Promise<{ error?: { code: string; message: string } }> => {
      const url = `${red.url}/homenet/kasa-account/test`;
      const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
      return (await response.json()) as { error?: { code: string; message: string } };
    };

    const form = await ask("application/x-www-form-urlencoded", `id=kasa&settings[server]=${cloud.url}`);
    const long = await ask("application/json", JSON.stringify(typed({ ...account, name: "x".repeat(70_000) })));

    assert.match(form.error?.message ?? "", /^Only JSON/);
    assert.match(long.error?.message ?? "", /larger than a dialog can be/);
    assert.equal(cloud.server.journal.length, 0);
  });
});
