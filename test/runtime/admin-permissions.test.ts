import assert from "node:assert/strict";
import { request, type IncomingMessage, type RequestOptions } from "node:http";
import { text } from "node:stream/consumers";
import { describeError } from "../../nodes/admin/routes";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud } from "../support/harness/platforms";
import { until } from "../support/http-fixture";
import { deploy, dialogInput, get, post } from "./admin-fixture";

const ADMIN_AUTH = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({ writer: { username: name, permissions: "*" }, reader: { username: name, permissions: "read" } })[name],
}`;

/** Sends a request with headers that `fetch` would not send. @returns the body of the response */
function rawRequest(url: string, { body, ...options }: RequestOptions & { body?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => void text(response).then(resolve, reject);
    request(url, options, onResponse).on("error", reject).end(body);
  });
}

/** Is done when so many of the answers that it counts are `busy`, so that what is in progress can be held until then. */
class Countdown {
  readonly done: Promise<void>;
  #done!: () => void;
  #left: number;

  constructor(busy: number) {
    this.#left = busy;
    this.done = new Promise((resolve) => (this.#done = resolve));
  }

  async count<T extends { error?: { code: string } }>(answer: Promise<T>): Promise<T> {
    const result = await answer;
    if (result.error?.code === "busy" && --this.#left === 0) this.#done();
    return result;
  }
}

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
      for (const action of ["test", "list", "preview", "keep", "refreshToken", "client", "clients", "revoke"]) {
        const path = `${type}/${action}`;
        const statuses = [
          await status("POST", path),
          await status("POST", path, "reader"),
          await status("POST", path, "writer"),
        ];
        assert.deepEqual(statuses, [401, 401, 200], path);
      }
      for (const list of ["devices", "sites", "targets", "diagnostics"]) {
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

  it("refuse requests of other web pages, which need no permission without adminAuth", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account);
    const { port } = new URL(red.url);
    const ask = async (path: string, headers: Record<string, string>, body?: object) => {
      const content = body && { method: "POST", body: JSON.stringify(body) };
      const type = { "content-type": "application/json", ...headers };
      const response = await rawRequest(`${red.url}/homenet/${path}`, { ...content, headers: type });
      return (JSON.parse(response) as { error?: { code: string } }).error?.code;
    };
    const others: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "same-site", origin: "https://evil.example" },
      { origin: "https://evil.example" },
      { origin: "https://127.0.0.1.evil.example" },
      { origin: "null" },
    ];
    const own: Record<string, string>[] = [
      {},
      { "sec-fetch-site": "same-origin", origin: "https://behind-a-proxy.example" },
      { "sec-fetch-site": "none" },
      { origin: `http://127.0.0.1:${port}` },
      { origin: "http://127.0.0.1:8080" },
    ];

    for (const headers of others) {
      for (const path of ["kasa-account/kasa/devices", "endpoints", "operations/omada"])
        assert.equal(await ask(path, headers), "forbidden", JSON.stringify(headers));
      assert.equal(await ask("kasa-account/test", headers, dialogInput(account)), "forbidden", JSON.stringify(headers));
    }
    assert.equal(cloud.server.journal.length, 0);
    for (const headers of own) {
      assert.equal(await ask("kasa-account/kasa/devices", headers), undefined, JSON.stringify(headers));
      assert.equal(await ask("kasa-account/test", headers, dialogInput(account)), undefined, JSON.stringify(headers));
    }
  });

  it("fetch a list once for all who ask for it at the same time, and only a few different ones", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account);
    await get(red, "kasa-account/kasa/devices");
    const before = cloud.server.journal.length;
    cloud.server.injectFault({ kind: "delay", ms: 1500 }, { times: 1 });

    const same = await Promise.all(Array.from({ length: 50 }, () => get(red, "kasa-account/kasa/devices")));
    const requests = cloud.server.journal.length - before;
    const refused = new Countdown(22);
    cloud.server.injectFault({ kind: "hold", until: refused.done }, { times: 99 });
    const different = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        refused.count(get(red, `kasa-account/kasa/outlets?device=desk&x=${index}`)),
      ),
    );

    for (const { devices } of same) assert.equal((devices as unknown[]).length, cloud.devices.length);
    assert.equal(requests, 1);
    const codes = different.map(({ error }) => error?.code);
    assert.equal(codes.filter((code) => code === undefined).length, 8);
    assert.equal(codes.filter((code) => code === "busy").length, 22);
  });

  it("go on with a list that others wait for if one of them closes the connection", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account);
    cloud.server.injectFault({ kind: "delay", ms: 300 }, { times: 9 });
    const controller = new AbortController();
    const path = "kasa-account/kasa/devices";
    const first = fetch(`${red.url}/homenet/${path}`, { signal: controller.signal });
    await until(() => cloud.server.journal.length > 0);
    const second = get(red, path);

    controller.abort();

    await assert.rejects(first);
    assert.equal(((await second)["devices"] as unknown[]).length, cloud.devices.length);
  });

  it("run a few tests at the same time, and refuse more", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const refused = new Countdown(32);
    cloud.server.injectFault({ kind: "hold", until: refused.done }, { times: 999 });

    const results = await Promise.all(
      Array.from({ length: 40 }, () => refused.count(post(red, "kasa-account/test", dialogInput(account)))),
    );

    const codes = results.map(({ error }) => error?.code);
    assert.equal(codes.filter((code) => code === "busy").length, 32);
    assert.equal(codes.filter((code) => code === undefined).length, 8);
    assert.ok((await post(red, "kasa-account/test", dialogInput(account))).who);
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
