import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deploy, dialogInput, get, post, savedSecrets } from "./admin-fixture";

const LIST = { id: "list", type: "kasa-device-list", account: "kasa" };
const SAVED_SECRET = "__PWRD__";

/** Fails if a result for a dialog holds a secret of the platform. */
function assertNoSecrets(results: unknown, secrets: readonly string[]): void {
  const text = JSON.stringify(results);
  for (const secret of secrets) assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)), text);
}

describe("A refresh token for a Kasa account", () => {
  it("is obtained with the password, stored by the runtime, and never sent to the dialog", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const { email } = cloud;

    const obtained = await post(red, "kasa-account/refreshToken", dialogInput(account));
    cloud.requireTwoStep = true;
    const dialog = { ...account, credentials: { email, password: "", refreshToken: SAVED_SECRET } };
    const tested = await post(red, "kasa-account/test", dialogInput(dialog, { ticket: obtained.ticket }));
    const { id } = account;
    await post(red, "kasa-account/keep", { id, ticket: obtained.ticket });
    await red.deploy([dialog, LIST]);
    const { msg } = await red.send("list");

    assert.deepEqual(obtained.obtained, ["refreshToken"]);
    assert.ok(tested.who, tested.error?.message);
    assert.equal((msg?.payload as unknown[] | undefined)?.length, cloud.devices.length);
    assertNoSecrets(
      [obtained, tested],
      cloud.secrets().filter((secret) => secret !== email),
    );
  });

  it("survives a deploy of the same account", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const { ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));
    await post(red, "kasa-account/keep", { id: "kasa", ticket });
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: SAVED_SECRET } };
    await red.deploy([dialog]);

    await red.deploy([{ ...dialog, timeout: 20, credentials: savedSecrets(dialog) }, LIST]);

    assert.ok((await red.send("list")).msg);
  });

  it("is added to the credentials that the node has already", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account);
    const { ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));
    await post(red, "kasa-account/keep", { id: "kasa", ticket });

    await red.deploy([
      { ...account, credentials: { email: cloud.email, password: SAVED_SECRET, refreshToken: SAVED_SECRET } },
    ]);

    const { credentials } = red.node<{ credentials: Record<string, string> }>("kasa");
    assert.equal(credentials["password"], cloud.password);
    assert.ok(credentials["refreshToken"]);
  });

  it("is saved by a deploy, and signs in after a restart", async function () {
    this.timeout(60_000);
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    const { ticket } = await post(first, "kasa-account/refreshToken", dialogInput(account));
    await post(first, "kasa-account/keep", { id: "kasa", ticket });
    await first.deploy([{ ...account, credentials: { email: cloud.email, refreshToken: SAVED_SECRET } }, LIST]);
    await first.stop();
    cloud.requireTwoStep = true;

    const second = await NodeRedProcess.start(userDir);
    const { payload, error } = await second.ask("list");

    assert.equal((payload as unknown[] | undefined)?.length, cloud.devices.length, error?.message);
  });

  it("is refused with the vendor code of 2-step verification while that is on", async () => {
    const { cloud, account } = await kasaCloud();
    cloud.requireTwoStep = true;
    const red = await deploy();

    const { error, ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));

    assert.deepEqual([error?.code, error?.vendorCode, ticket], ["sign-in", -23003, undefined]);
  });

  it("is unsupported if the cloud issues none", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const body = { error_code: 0, result: { token: "t-1", email: cloud.email, accountId: "1", regTime: "" } };
    cloud.server.injectFault({ kind: "response", body });

    const { error, ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));

    assert.deepEqual([error?.code, ticket], ["unsupported", undefined]);
  });

  it("can be saved once, for its own node and address only", async () => {
    const { cloud, account } = await kasaCloud();
    const otherCloud = closeAfterTest(await KasaCloud.start());
    const red = await deploy();
    const { ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: SAVED_SECRET } };
    const requests = otherCloud.server.journal.length;

    const otherNode = await post(red, "kasa-account/keep", { id: "other", ticket });
    const otherServer = await post(
      red,
      "kasa-account/test",
      dialogInput({ ...dialog, server: otherCloud.url }, { ticket }),
    );
    const first = await post(red, "kasa-account/keep", { id: "kasa", ticket });
    const second = await post(red, "kasa-account/keep", { id: "kasa", ticket });

    assert.deepEqual(
      [otherNode, otherServer, second].map(({ error }) => error?.code),
      ["input", "config", "input"],
    );
    assert.equal(first.error, undefined);
    assert.equal(otherCloud.server.journal.length, requests);
  });

  it("is obtained again if the cloud replaces it during a test", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    const { ticket } = await post(red, "kasa-account/refreshToken", dialogInput(account));
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: SAVED_SECRET } };
    assert.equal(
      (await post(red, "kasa-account/test", dialogInput(dialog, { ticket }))).ticket,
      undefined,
      "not replaced",
    );
    cloud.rotateRefreshTokens = true;

    const tested = await post(red, "kasa-account/test", dialogInput(dialog, { ticket }));
    const again = await post(red, "kasa-account/test", dialogInput(dialog, { ticket: tested.ticket }));

    assert.deepEqual(tested.obtained, ["refreshToken"]);
    assert.ok(tested.who && again.who);
    assertNoSecrets(
      [tested, again],
      cloud.secrets().filter((secret) => secret !== cloud.email),
    );
  });
});

describe("An API client of a router", () => {
  it("is created by an admin, whose password is neither stored nor returned, and signs in", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deploy();
    const admin = { username: router.username, password: router.password };

    const created = await post(
      red,
      "peplink-router/client",
      dialogInput(config, { admin, name: "flows", scope: "api" }),
    );
    const credentials = { clientId: String(created["clientId"]), clientSecret: SAVED_SECRET };
    const tested = await post(
      red,
      "peplink-router/test",
      dialogInput({ ...config, credentials }, { ticket: created.ticket }),
    );
    await post(red, "peplink-router/keep", { id: "router", ticket: created.ticket });
    await red.deploy([
      { ...config, credentials },
      { id: "status", type: "router-status", router: "router" },
    ]);

    assert.equal(created["made"], true);
    assert.ok(tested.who, tested.error?.message);
    assert.ok((await red.send("status")).msg);
    assertNoSecrets([created, tested], [router.password, ...router.secrets()]);
    const credentialsText = JSON.stringify(red.node<{ credentials: object }>("router").credentials);
    assert.ok(!credentialsText.includes(router.password));
    assert.equal(router.calls("logout"), 1);
  });

  it("is reused if one of that name exists", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deploy();
    const admin = { username: router.username, password: router.password };
    const create = (more: object) =>
      post(
        red,
        "peplink-router/client",
        dialogInput(config, { admin, name: "flows", scope: "api.read-only", ...more }),
      );

    const first = await create({});
    const again = await create({ name: " flows " });
    const otherScope = await create({ scope: "api" });
    const unknownScope = await create({ scope: "everything" });

    assert.deepEqual([first["made"], again["made"], unknownScope["made"]], [true, false, false]);
    assert.equal(again["clientId"], first["clientId"]);
    assert.equal(otherScope.error?.code, "rejected");
    assert.match(otherScope.error?.message ?? "", /already has .*, with the scope api\.read-only/);
  });

  it("is not created with a wrong password, by a read-only user, or without a name", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deploy();
    const admin = { username: router.username, password: router.password };
    const create = (more: object) =>
      post(red, "peplink-router/client", dialogInput(config, { admin, name: "flows", scope: "api", ...more }));

    const wrong = await create({ admin: { ...admin, password: "wrong" } });
    const readOnly = await create({ admin: router.readOnlyUser });
    const unnamed = await create({ name: " " });
    const noAdmin = await create({ admin: {} });

    const codes = [wrong, readOnly, unnamed, noAdmin].map(({ error }) => error?.code);
    assert.deepEqual(codes, ["sign-in", codes[1], "input", "config"]);
    assert.ok(["forbidden", "sign-in"].includes(codes[1] ?? ""), codes[1]);
  });

  it("is not created before the router's certificate is trusted", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {}, fingerprint: "" });
    const red = await deploy();
    const admin = { username: router.username, password: router.password };

    const { error, certificate } = await post(
      red,
      "peplink-router/client",
      dialogInput(config, { admin, name: "flows" }),
    );

    assert.equal(error?.code, "tls");
    assert.equal(certificate?.["fingerprint"], router.fingerprint);
    assert.equal(router.server.journal.length, 0);
  });
});

describe("The lists of a dialog", () => {
  it("are fetched through the deployed config node, in its session", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy(account, LIST);
    await red.send("list");

    const { devices } = await get(red, "kasa-account/kasa/devices");
    const { outlets } = await get(red, `kasa-account/kasa/outlets?device=${encodeURIComponent("desk")}`);

    const items = devices as { alias: string; online: boolean }[];
    assert.equal(items.length, cloud.devices.length);
    assert.deepEqual(Object.keys(items[0] ?? {}), [
      "deviceId",
      "alias",
      "model",
      "online",
      "supported",
      "kind",
      "reach",
    ]);
    assert.equal((outlets as unknown[]).length, 6);
    assert.equal(cloud.signIns(), 1);
  });

  it("report that the config node is not deployed or of another type", async () => {
    const { account } = await kasaCloud();
    const red = await deploy(account, LIST);

    for (const id of ["nobody", "list", "__proto__", "constructor"])
      assert.deepEqual(await get(red, `kasa-account/${id}/devices`), { notDeployed: true }, id);
    assert.deepEqual(await get(red, "omada-controller/kasa/sites"), { notDeployed: true });
  });

  it("report why they cannot be fetched", async () => {
    const { cloud, account } = await kasaCloud();
    const incomplete = { ...account, id: "incomplete", credentials: {} };
    const red = await deploy({ ...account, timeout: 0.3 }, incomplete);
    cloud.server.injectFault({ kind: "reset" }, { times: 9 });

    const unreachable = await get(red, "kasa-account/kasa/devices");
    const missing = await get(red, "kasa-account/incomplete/devices");

    assert.equal(unreachable.error?.code, "network");
    assert.equal(missing.error?.code, "config");
  });
});
