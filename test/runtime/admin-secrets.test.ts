import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { closing, kasaCloud, peplinkRouter } from "../support/harness/platforms";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deployed, get, keptSecrets, post, typed } from "./admin-fixture";

const LIST = { id: "list", type: "kasa-device-list", account: "kasa" };
const KEPT = "__PWRD__";

/** Fails where a secret of the platform is in what a dialog was told. */
function holdsNone(told: unknown, secrets: readonly string[]): void {
  const text = JSON.stringify(told);
  for (const secret of secrets) assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)), text);
}

describe("A refresh token for Kasa", () => {
  it("is obtained by the password, kept by the runtime, and never told to the dialog", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    const { email } = cloud;

    const told = await post(red, "kasa-account/refreshToken", typed(account));
    cloud.requireTwoStep = true;
    const dialog = { ...account, credentials: { email, password: "", refreshToken: KEPT } };
    const tested = await post(red, "kasa-account/test", typed(dialog, { ticket: told.ticket }));
    const { id } = account;
    await post(red, "kasa-account/keep", { id, ticket: told.ticket });
    await red.deploy([dialog, LIST]);
    const { msg } = await red.send("list");

    assert.deepEqual(told.obtained, ["refreshToken"]);
    assert.ok(tested.who, tested.error?.message);
    assert.equal((msg?.payload as unknown[] | undefined)?.length, cloud.devices.length);
    holdsNone(
      [told, tested],
      cloud.secrets().filter((secret) => secret !== email),
    );
  });

  it("survives a deploy of the same account that changes nothing", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    const { ticket } = await post(red, "kasa-account/refreshToken", typed(account));
    await post(red, "kasa-account/keep", { id: "kasa", ticket });
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: KEPT } };
    await red.deploy([dialog]);

    await red.deploy([{ ...dialog, timeout: 20, credentials: keptSecrets(dialog) }, LIST]);

    assert.ok((await red.send("list")).msg);
  });

  it("comes beside what the node keeps already", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed(account);
    const { ticket } = await post(red, "kasa-account/refreshToken", typed(account));
    await post(red, "kasa-account/keep", { id: "kasa", ticket });

    await red.deploy([{ ...account, credentials: { email: cloud.email, password: KEPT, refreshToken: KEPT } }]);

    const { credentials } = red.node<{ credentials: Record<string, string> }>("kasa");
    assert.equal(credentials["password"], cloud.password);
    assert.ok(credentials["refreshToken"]);
  });

  it("is on disk once it was deployed, and signs in after a restart", async function () {
    this.timeout(60_000);
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    const { ticket } = await post(first, "kasa-account/refreshToken", typed(account));
    await post(first, "kasa-account/keep", { id: "kasa", ticket });
    await first.deploy([{ ...account, credentials: { email: cloud.email, refreshToken: KEPT } }, LIST]);
    await first.stop();
    cloud.requireTwoStep = true;

    const second = await NodeRedProcess.start(userDir);
    const { payload, error } = await second.ask("list");

    assert.equal((payload as unknown[] | undefined)?.length, cloud.devices.length, error?.message);
  });

  it("says why there is none while 2-step verification is on", async () => {
    const { cloud, account } = await kasaCloud();
    cloud.requireTwoStep = true;
    const red = await deployed();

    const { error, ticket } = await post(red, "kasa-account/refreshToken", typed(account));

    assert.deepEqual([error?.code, error?.vendorCode, ticket], ["sign-in", -23003, undefined]);
  });

  it("says that there is none where the cloud gives none", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    const body = { error_code: 0, result: { token: "t-1", email: cloud.email, accountId: "1", regTime: "" } };
    cloud.server.spoil({ kind: "answer", body });

    const { error, ticket } = await post(red, "kasa-account/refreshToken", typed(account));

    assert.deepEqual([error?.code, ticket], ["unsupported", undefined]);
  });

  it("is good for its own node and address only, and handed in once", async () => {
    const { cloud, account } = await kasaCloud();
    const stranger = closing(await KasaCloud.start());
    const red = await deployed();
    const { ticket } = await post(red, "kasa-account/refreshToken", typed(account));
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: KEPT } };
    const asked = stranger.server.journal.length;

    const other = await post(red, "kasa-account/keep", { id: "other", ticket });
    const there = await post(red, "kasa-account/test", typed({ ...dialog, server: stranger.url }, { ticket }));
    const first = await post(red, "kasa-account/keep", { id: "kasa", ticket });
    const second = await post(red, "kasa-account/keep", { id: "kasa", ticket });

    assert.deepEqual(
      [other, there, second].map(({ error }) => error?.code),
      ["input", "config", "input"],
    );
    assert.equal(first.error, undefined);
    assert.equal(stranger.server.journal.length, asked);
  });

  it("is obtained anew where the cloud takes the one that was tested back for another", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    const { ticket } = await post(red, "kasa-account/refreshToken", typed(account));
    const dialog = { ...account, credentials: { email: cloud.email, refreshToken: KEPT } };
    assert.equal((await post(red, "kasa-account/test", typed(dialog, { ticket }))).ticket, undefined, "it is left");
    cloud.rotateRefreshTokens = true;

    const tested = await post(red, "kasa-account/test", typed(dialog, { ticket }));
    const again = await post(red, "kasa-account/test", typed(dialog, { ticket: tested.ticket }));

    assert.deepEqual(tested.obtained, ["refreshToken"]);
    assert.ok(tested.who && again.who);
    holdsNone(
      [tested, again],
      cloud.secrets().filter((secret) => secret !== cloud.email),
    );
  });
});

describe("An API client of a router", () => {
  it("is made by an admin, and signs in; the password is neither kept nor told", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deployed();
    const admin = { username: router.username, password: router.password };

    const made = await post(red, "peplink-router/client", typed(config, { admin, name: "flows", scope: "api" }));
    const credentials = { clientId: String(made["clientId"]), clientSecret: KEPT };
    const tested = await post(red, "peplink-router/test", typed({ ...config, credentials }, { ticket: made.ticket }));
    await post(red, "peplink-router/keep", { id: "router", ticket: made.ticket });
    await red.deploy([
      { ...config, credentials },
      { id: "status", type: "router-status", router: "router" },
    ]);

    assert.equal(made["made"], true);
    assert.ok(tested.who, tested.error?.message);
    assert.ok((await red.send("status")).msg);
    holdsNone([made, tested], [router.password, ...router.secrets()]);
    const kept = JSON.stringify(red.node<{ credentials: object }>("router").credentials);
    assert.ok(!kept.includes(router.password));
    assert.equal(router.calls("logout"), 1);
  });

  it("is taken again where there is one of that name, and never made twice", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deployed();
    const admin = { username: router.username, password: router.password };
    const take = (more: object) =>
      post(red, "peplink-router/client", typed(config, { admin, name: "flows", scope: "api.read-only", ...more }));

    const first = await take({});
    const again = await take({ name: " flows " });
    const other = await take({ scope: "api" });
    const odd = await take({ scope: "everything" });

    assert.deepEqual([first["made"], again["made"], odd["made"]], [true, false, false]);
    assert.equal(again["clientId"], first["clientId"]);
    assert.equal(other.error?.code, "rejected");
    assert.match(other.error?.message ?? "", /already, with the scope api\.read-only/);
  });

  it("is not made with a wrong password, by a mere user, or without a name", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {} });
    const red = await deployed();
    const admin = { username: router.username, password: router.password };
    const take = (more: object) =>
      post(red, "peplink-router/client", typed(config, { admin, name: "flows", scope: "api", ...more }));

    const wrong = await take({ admin: { ...admin, password: "wrong" } });
    const user = await take({ admin: router.readOnlyUser });
    const unnamed = await take({ name: " " });
    const nobody = await take({ admin: {} });

    const codes = [wrong, user, unnamed, nobody].map(({ error }) => error?.code);
    assert.deepEqual(codes, ["sign-in", codes[1], "input", "config"]);
    assert.ok(["forbidden", "sign-in"].includes(codes[1] ?? ""), codes[1]);
  });

  it("shows the router's certificate before a password is sent", async () => {
    const { router, config } = await peplinkRouter({}, { credentials: {}, fingerprint: "" });
    const red = await deployed();
    const admin = { username: router.username, password: router.password };

    const { error, certificate } = await post(red, "peplink-router/client", typed(config, { admin, name: "flows" }));

    assert.equal(error?.code, "tls");
    assert.equal(certificate?.["fingerprint"], router.fingerprint);
    assert.equal(router.server.journal.length, 0);
  });
});

describe("The lists of a dialog", () => {
  it("come through the deployed config node, in its session", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed(account, LIST);
    await red.send("list");

    const { devices } = await get(red, "kasa-account/kasa/devices");
    const { outlets } = await get(red, `kasa-account/kasa/outlets?device=${encodeURIComponent("desk")}`);

    const shown = devices as { alias: string; online: boolean }[];
    assert.equal(shown.length, cloud.devices.length);
    assert.deepEqual(Object.keys(shown[0] ?? {}), ["deviceId", "alias", "model", "online", "supported", "kind"]);
    assert.equal((outlets as unknown[]).length, 6);
    assert.equal(cloud.signIns(), 1);
  });

  it("say kindly that the config node is not deployed, or is another one", async () => {
    const { account } = await kasaCloud();
    const red = await deployed(account, LIST);

    for (const id of ["nobody", "list", "__proto__", "constructor"])
      assert.deepEqual(await get(red, `kasa-account/${id}/devices`), { notDeployed: true }, id);
    assert.deepEqual(await get(red, "omada-controller/kasa/sites"), { notDeployed: true });
  });

  it("say why they cannot be had", async () => {
    const { cloud, account } = await kasaCloud();
    const incomplete = { ...account, id: "incomplete", credentials: {} };
    const red = await deployed({ ...account, timeout: 0.3 }, incomplete);
    cloud.server.spoil({ kind: "reset" }, { times: 9 });

    const unreachable = await get(red, "kasa-account/kasa/devices");
    const missing = await get(red, "kasa-account/incomplete/devices");

    assert.equal(unreachable.error?.code, "network");
    assert.equal(missing.error?.code, "config");
  });
});
