import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { startServer } from "../support/http-fixture";
import { closeAfterTest } from "../support/mocha-hooks";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import { dialogInput, savedSecrets } from "./admin-fixture";

const ADMIN_AUTH = `{
  type: "credentials",
  users: async () => null,
  authenticate: async () => null,
  tokens: async (name) => ({
    owner: { username: name, permissions: "*" },
    narrow: { username: name, permissions: ["peplink-router.write", "peplink-router.read", "kasa-account.write"] },
  })[name],
}`;

interface Result {
  error?: { code: string; message: string };
  who?: object;
  ticket?: string;
}

/** A Node-RED in which a user may edit some types of config nodes, but not deploy. */
async function start(...flow: object[]) {
  const red = await NodeRedProcess.start(userDirectory(), undefined, ADMIN_AUTH);
  const post = async (path: string, body: unknown, user: "narrow" | "owner" = "narrow"): Promise<Result> => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${user}` };
    const response = await fetch(`${red.url}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return response.status === 200 ? ((await response.json()) as Result) : {};
  };
  const starts = (): number => red.log.split("Started flows").length;
  const before = starts();
  await post("flows", flow, "owner");
  while (starts() === before) await systemClock.sleep(20);
  return { red, post };
}

describe("A user who may edit one type of config node, but not deploy,", function () {
  this.timeout(60_000);

  it("cannot write the credentials of a config node of another type", async () => {
    const { config: controller } = await omadaController();
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const { post } = await start(controller);
    const admin = { username: router.username, password: router.password };
    const create = dialogInput({ ...config, id: "omada" }, { admin, name: "flows", scope: "api" });

    const created = await post("homenet/peplink-router/client", create);
    const kept = await post("homenet/peplink-router/keep", { id: "omada", ticket: created.ticket ?? "" });

    for (const { error, ticket } of [created, kept]) {
      assert.match(error?.message ?? "", /id of a node of another type/);
      assert.equal(ticket, undefined);
    }
    assert.equal(router.server.journal.length, 0);
  });

  it("cannot read environment variables: they are filled in only as they are deployed", async () => {
    const { cloud, account } = await kasaCloud();
    process.env["HOMENET_NARROW_PASSWORD"] = cloud.password;
    process.env["HOMENET_NARROW_APP"] = "Kasa_Android";
    try {
      const credentials = { email: cloud.email, password: "${HOMENET_NARROW_PASSWORD}" };
      const deployed = { ...account, appType: "${HOMENET_NARROW_APP}", credentials };
      const { post } = await start(deployed);
      const test = (changed: object, user?: "owner") =>
        post("homenet/kasa-account/test", dialogInput({ ...deployed, ...changed }), user);

      const asDeployed = await test({});
      const elsewhere = { server: cloud.url.replace("127.0.0.1", "localhost") };
      const stolen = [
        await test(elsewhere),
        await test({ terminalUUID: "${HOME}" }),
        await test({ credentials: { ...credentials, email: "${HOME}" } }),
        await test({ server: `${cloud.url}/\${HOME}` }),
        await test({ credentials: { ...credentials, password: "${HOMENET_OTHER}" } }),
      ];
      const requests = cloud.server.journal.map(({ headers }) => String(headers["host"]));
      const byOwner = await test(elsewhere, "owner");

      assert.ok(asDeployed.who, asDeployed.error?.message);
      for (const { error } of stolen) {
        assert.equal(error?.code, "config");
        assert.match(error?.message ?? "", /^Environment variables are filled in here only as they are deployed/);
      }
      assert.ok(requests.every((host) => host.startsWith("127.0.0.1")));
      assert.notEqual(byOwner.error?.code, "config", byOwner.error?.message);
    } finally {
      delete process.env["HOMENET_NARROW_PASSWORD"];
      delete process.env["HOMENET_NARROW_APP"];
    }
  });

  it("has to enter a saved secret again to send it to a server with another certificate", async () => {
    const { router, config } = await peplinkRouter();
    const { post } = await start(config);
    const impostor = closeAfterTest(await PeplinkRouter.start());
    const dialog = { ...config, credentials: savedSecrets(config) };
    const test = (changed: object, user?: "owner") =>
      post("homenet/peplink-router/test", dialogInput({ ...dialog, ...changed }), user);

    const same = await test({});
    const refused = [
      await test({ fingerprint: impostor.fingerprint }),
      await test({ fingerprint: impostor.fingerprint }, "owner"),
      await test({ fingerprint: "" }),
      await test({ tls: "some-tls-config" }),
    ];
    const created = await post(
      "homenet/peplink-router/client",
      dialogInput(config, {
        admin: { username: router.username, password: router.password },
        name: "flows",
        scope: "api.read-only",
      }),
    );
    const byTicket = await post(
      "homenet/peplink-router/test",
      dialogInput({ ...dialog, fingerprint: impostor.fingerprint }, { ticket: created.ticket }),
      "owner",
    );
    const requests = router.server.journal.length;
    const entered = await test({ fingerprint: impostor.fingerprint, credentials: config.credentials });

    assert.ok(same.who, same.error?.message);
    assert.ok(created.ticket, created.error?.message);
    for (const { error } of [...refused, byTicket]) {
      assert.equal(error?.code, "config");
      assert.match(error?.message ?? "", /^Enter the password or secret again/);
    }
    assert.equal(entered.error?.code, "tls");
    assert.equal(router.server.journal.length, requests);
  });

  it("has to enter a saved password again to have its token sent to another Tapo server", async () => {
    const { cloud, account } = await kasaCloud();
    const stranger = await startServer();
    const { post } = await start(account);
    const dialog = { ...account, credentials: savedSecrets(account) };
    const test = (changed: object) => post("homenet/kasa-account/test", dialogInput({ ...dialog, ...changed }));

    const same = await test({});
    const refused = await test({ tapoServer: stranger.url });

    assert.ok(same.who, same.error?.message);
    assert.match(refused.error?.message ?? "", /^Enter the password or secret again/);
    assert.equal(stranger.journal.length, 0);
    assert.equal(cloud.signIns(), 1);
  });
});
