import assert from "node:assert/strict";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { closing, kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { idleDuring, until } from "../support/http-fixture";
import { selfSigned } from "../support/simulators/certificate";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deployed, keptSecrets, post, typed } from "./admin-fixture";

const LIST = { id: "list", type: "kasa-device-list", account: "kasa" };

const rows = (msg: { payload?: unknown } | undefined): number => (msg?.payload as unknown[] | undefined)?.length ?? 0;

describe("The test of a connection", () => {
  it("says who answers, with what was typed and is deployed nowhere", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const { config: routerConfig } = await peplinkRouter();
    const red = await deployed();

    const kasa = await post(red, "kasa-account/test", typed(account));
    const omada = await post(red, "omada-controller/test", typed(config));
    const router = await post(red, "peplink-router/test", typed(routerConfig));

    // One of those that the simulator has online is a Tapo device: this cloud lists it as offline.
    const online = cloud.devices.filter((device) => device.online).length - 1;
    assert.deepEqual(kasa, { who: { email: "o***@example.com", devices: cloud.devices.length, online } });
    assert.equal(omada.who?.["version"], "5.15.24.19");
    assert.deepEqual(omada.who?.["sites"], ["Harbour", "Depot"]);
    assert.equal(router.who?.["model"], "Pepwave MAX Simulated");
    assert.match(String(router.who?.["firmware"]), /^\d+\.\d+/);
  });

  it("tells of a refusal in the words of a Catch node", async () => {
    const { account } = await kasaCloud();
    const red = await deployed();

    const wrong = { ...account, credentials: { email: "owner@example.com", password: "wrong" } };
    const { error, who } = await post(red, "kasa-account/test", typed(wrong));

    assert.equal(who, undefined);
    assert.deepEqual([error?.code, error?.vendorCode], ["sign-in", -20601]);
    assert.match(error?.message ?? "", /^Kasa's cloud refuses the e-mail address or the password\./);
  });

  it("shows a certificate only where that is what is wrong", async () => {
    const { controller, config } = await omadaController();
    const { cloud, account } = await kasaCloud();
    const red = await deployed();

    const wrong = { ...config, credentials: { clientId: controller.clientId, clientSecret: "wrong" } };
    const refused = await post(red, "omada-controller/test", typed(wrong));
    const server = cloud.url.replace("http:", "https:");
    const mute = await post(red, "kasa-account/test", typed({ ...account, server }));

    assert.deepEqual(
      [refused, mute].map(({ error, certificate }) => [error?.code, certificate]),
      [
        ["sign-in", undefined],
        ["tls", undefined],
      ],
    );
  });

  it("ends when the browser has gone", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    cloud.server.spoil({ kind: "hang" }, { times: 9 });
    const gone = new AbortController();
    const answer = fetch(`${red.url}/homenet/kasa-account/test`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(typed({ ...account, timeout: 300 })),
      signal: gone.signal,
    });
    await until(() => cloud.server.journal.length > 0);

    gone.abort();

    await assert.rejects(answer);
    await until(() => cloud.server.open === 0);
  });

  it("takes the secrets that the runtime keeps, as long as the address is theirs", async () => {
    const { cloud, account } = await kasaCloud();
    const stranger = closing(await KasaCloud.start({ password: cloud.password }));
    const red = await deployed(account);
    const dialog = { ...account, credentials: keptSecrets(account) };

    const here = await post(red, "kasa-account/test", typed(dialog));
    const there = await post(red, "kasa-account/test", typed({ ...dialog, server: stranger.url }));
    const elsewhere = await post(red, "kasa-account/test", typed({ ...dialog, server: `${cloud.url}/other` }));

    assert.ok(here.who);
    for (const { error } of [there, elsewhere]) {
      assert.equal(error?.code, "config");
      assert.match(error?.message ?? "", /^Enter the password or secret again/);
    }
    assert.equal(stranger.server.journal.length, 0);
    assert.ok(cloud.server.journal.every(({ path }) => path === "/"));
  });

  it("takes no secret of another node, or of another type", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const secrets = { ...config.credentials, username: "somebody", password: "of a controller" };
    const red = await deployed(account, { ...config, server: cloud.url, fingerprint: "", credentials: secrets });
    const dialog = { ...account, credentials: keptSecrets(account) };

    for (const id of ["omada", "nobody", "__proto__", ""]) {
      const { error } = await post(red, "kasa-account/test", typed({ ...dialog, id }));
      assert.equal(error?.code, "config", id);
    }
    assert.equal(cloud.server.journal.length, 0);
  });

  it("fills in environment variables as a deploy does", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();
    process.env["HOMENET_TEST_PORT"] = new URL(cloud.url).port;
    process.env["HOMENET_TEST_PASSWORD"] = cloud.password;
    try {
      const credentials = { email: cloud.email, password: "${HOMENET_TEST_PASSWORD}" };
      const server = "http://127.0.0.1:${HOMENET_TEST_PORT}";
      const { who, error } = await post(red, "kasa-account/test", typed({ ...account, server, credentials }));
      assert.ok(who, error?.message);
      // A part of a password may look like a variable, and is none.
      cloud.password = "so${HOMENET_TEST_PORT}so";
      const partly = { email: cloud.email, password: cloud.password };
      assert.ok((await post(red, "kasa-account/test", typed({ ...account, credentials: partly }))).who);
    } finally {
      delete process.env["HOMENET_TEST_PORT"];
      delete process.env["HOMENET_TEST_PASSWORD"];
    }
  });

  it("lifts a latched refusal of the deployed session, which goes on with the token of the test", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed(account, LIST);
    const { password } = cloud;
    cloud.password = "changed in the app";
    await red.send("list");
    cloud.password = password;
    const refused = await red.send("list");

    await post(red, "kasa-account/test", typed({ ...account, credentials: keptSecrets(account) }));
    const { msg } = await red.send("list");
    const signIns = cloud.signIns();
    cloud.expireTokens();
    const later = await red.send("list");

    assert.equal(refused.error?.code, "sign-in");
    assert.equal(rows(msg), cloud.devices.length);
    assert.equal(signIns, 1);
    assert.ok(later.msg, "the refusal stands for no later sign-in either");
  });

  it("is kept like every other session: a restart after it costs no sign-in", async function () {
    this.timeout(60_000);
    const { cloud, account } = await kasaCloud();
    const userDir = userDirectory();
    const first = await NodeRedProcess.start(userDir);
    await first.deploy([account, LIST]);
    await post(first, "kasa-account/test", typed({ ...account, credentials: keptSecrets(account) }));
    await first.stop();

    const second = await NodeRedProcess.start(userDir);
    const { payload } = await second.ask("list");

    assert.equal(rows({ payload }), cloud.devices.length);
    assert.equal(cloud.signIns(), 1);
  });

  it("leaves the deployed session alone where other credentials were tested, or these were refused", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed(account, LIST);
    const { password } = cloud;
    cloud.password = "changed in the app";
    await red.send("list");
    const credentials = { ...account.credentials, password: cloud.password };
    const other = await post(red, "kasa-account/test", typed({ ...account, credentials }));
    const still = await red.send("list");
    cloud.password = password;
    const logins = cloud.loginAttempts();

    const afterwards = await red.send("list");

    assert.ok(other.who);
    for (const { error } of [still, afterwards]) assert.equal(error?.code, "sign-in");
    assert.equal(cloud.loginAttempts(), logins);
  });

  it("leaves it alone where the test went elsewhere, or came as somebody else", async () => {
    const { cloud, account } = await kasaCloud();
    const stranger = closing(await KasaCloud.start({ password: cloud.password }));
    const red = await deployed(account, LIST);
    await red.send("list");

    const there = await post(red, "kasa-account/test", typed({ ...account, server: stranger.url }));
    const other = await post(red, "kasa-account/test", typed({ ...account, terminalUUID: "another" }));
    const tests = cloud.signIns() - 1;
    const { msg } = await red.send("list");

    assert.ok(there.who && other.who && msg);
    assert.equal(cloud.signIns() - tests, 1, "the deployed session had to sign in again");
    const tokens = cloud.server.journal.map(({ query }) => query.get("token")).filter(Boolean);
    assert.equal(tokens.at(-1), tokens[0]);
  });

  it("leaves no connection behind", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();

    await post(red, "kasa-account/test", typed(account));

    await until(() => cloud.server.open === 0);
  });

  it("does not disturb a session that works, when what is tested is refused", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed(account, LIST);
    await red.send("list");

    const { error } = await post(
      red,
      "kasa-account/test",
      typed({ ...account, credentials: { ...account.credentials, password: "wrong" } }),
    );

    assert.equal(error?.code, "sign-in");
    assert.ok((await red.send("list")).msg);
    assert.equal(cloud.signIns(), 1);
  });

  it("shows the certificate of a self-signed server, and sends it nothing before it is pinned", async () => {
    const certificate = selfSigned({ subject: '<img src=x onerror="alert(1)">' });
    const { controller, config } = await omadaController({ certificate }, { fingerprint: "" });
    const red = await deployed();

    const shown = await post(red, "omada-controller/test", typed(config));
    const asked = controller.server.journal.length;
    const fingerprint = shown.certificate?.["fingerprint"];
    const pinned = await post(red, "omada-controller/test", typed({ ...config, fingerprint }));

    assert.equal(shown.error?.code, "tls");
    assert.equal(fingerprint, controller.fingerprint);
    assert.equal(shown.certificate?.["subject"], '<img src=x onerror="alert(1)">');
    for (const end of ["validFrom", "validTo"]) assert.match(String(shown.certificate?.[end]), /^\d{4}-\d\d-\d\dT/);
    assert.equal(asked, 0);
    assert.ok(pinned.who);
  });

  it("shows the new certificate where another one is pinned", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "00".repeat(32) });
    const red = await deployed();

    const { error, certificate } = await post(red, "peplink-router/test", typed(config));

    assert.equal(error?.code, "tls");
    assert.match(error?.message ?? "", /another certificate than the pinned one/);
    assert.equal(certificate?.["fingerprint"], router.fingerprint);
    assert.equal(router.server.journal.length, 0);
  });

  it("ends within the node's own time, retries and all, also when nobody answers", async () => {
    const { cloud, account } = await kasaCloud();
    const { controller, config } = await omadaController();
    const red = await deployed();
    cloud.server.spoil({ kind: "hang" }, { times: 9 });
    controller.server.spoilConnections({ kind: "silent" }, 9);

    const idleMs = await idleDuring(async () => {
      const answers = await Promise.all([
        post(red, "kasa-account/test", typed({ ...account, timeout: 1.5 })),
        post(red, "omada-controller/test", typed({ ...config, timeout: 1.5 })),
      ]);

      assert.deepEqual(
        answers.map(({ error }) => error?.code),
        ["timeout", "timeout"],
      );
    });
    // Three attempts of 1.5 seconds would take longer.
    assert.ok(idleMs < 3000, `${idleMs} ms`);
  });

  it("says what is missing or cannot be right before anything is asked", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deployed();

    for (const changed of [
      { credentials: {} },
      { server: "nonsense" },
      { server: "http://203.0.113.1" },
      { timeout: "soon" },
      { fingerprint: "12" },
      { tls: "nobody" },
    ]) {
      const { error } = await post(red, "kasa-account/test", typed({ ...account, ...changed }));
      assert.equal(error?.code, "config", JSON.stringify(changed));
    }
    assert.equal(cloud.server.journal.length, 0);
  });
});
