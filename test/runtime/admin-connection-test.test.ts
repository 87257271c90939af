import assert from "node:assert/strict";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { idleMsDuring, until } from "../support/http-fixture";
import { closeAfterTest } from "../support/mocha-hooks";
import { selfSigned } from "../support/simulators/certificate";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { iotPlug } from "../support/simulators/kasa-local/neighbourhood";
import { smartPlug } from "../support/simulators/kasa-local/smart/products";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { deploy, dialogInput, post, savedSecrets } from "./admin-fixture";

describe("Test connection", () => {
  it("reports who responds, with values that have not been deployed", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const { config: routerConfig } = await peplinkRouter();
    const red = await deploy();

    const kasa = await post(red, "kasa-account/test", dialogInput(account));
    const omada = await post(red, "omada-controller/test", dialogInput(config));
    const router = await post(red, "peplink-router/test", dialogInput(routerConfig));

    // One of the devices that are online in the simulator is a Tapo device: this cloud lists it as offline.
    const online = cloud.devices.filter((device) => device.online).length - 1;
    assert.deepEqual(kasa, { who: { email: "o***@example.com", devices: cloud.devices.length, online } });
    assert.equal(omada.who?.["version"], "5.15.24.19");
    assert.deepEqual(omada.who?.["sites"], ["Harbour", "Depot"]);
    assert.equal(router.who?.["model"], "Pepwave MAX Simulated");
    assert.match(String(router.who?.["firmware"]), /^\d+\.\d+/);
  });

  it("says how many devices of an account are reached on the local network, and how many accept no other app", async () => {
    const { cloud, account } = await kasaCloud();
    const { email, password } = cloud;
    const home = [iotPlug("Modem", "klap2"), iotPlug("Fan", "xor"), smartPlug("Mirror", "tpap")];
    const house = closeAfterTest(await LanHouse.start(home, { email, password }));
    const hosts = house.devices
      .map(({ host, transport, ports }) => `${host}:${transport === "xor" ? ports.xor : ports.tdp}`)
      .join();
    const red = await deploy();

    const local = await post(red, "kasa-account/test", dialogInput({ ...account, reach: "local", hosts }));
    const auto = await post(red, "kasa-account/test", dialogInput({ ...account, reach: "auto" }));

    const counts = ({ who }: typeof local): unknown[] => [who?.["local"], who?.["cloudOnly"], who?.["refusing"]];
    assert.deepEqual(counts(local), [2, 0, 1]);
    const supported = cloud.devices.filter(({ product }) => product.deviceType.startsWith("IOT.")).length;
    assert.deepEqual(counts(auto).slice(0, 2), [0, supported]);
  });

  it("recognizes the firmware of an old router that has neither WAN status nor system information", async () => {
    const { router, config } = await peplinkRouter();
    for (const endpoint of ["status.wan.connection", "status.system.info"]) {
      router.server.injectFault(
        { kind: "response", body: { stat: "fail", code: 999, message: "Unsupported request" } },
        { times: 9, when: ({ path }) => path.endsWith(endpoint) },
      );
    }
    const red = await deploy();

    const { who, error } = await post(red, "peplink-router/test", dialogInput(config));

    assert.equal(error, undefined);
    assert.match(String(who?.["firmware"]), /^\d+\.\d+/);
  });

  it("understands addresses that were copied from a browser", async () => {
    const { controller, config } = await omadaController();
    const { config: routerConfig } = await peplinkRouter();
    const red = await deploy();

    const omada = await post(
      red,
      "omada-controller/test",
      dialogInput({
        ...config,
        omadacId: "",
        server: `${String(config["server"])}/${controller.omadacId}/login#dashboard`,
      }),
    );
    const router = await post(
      red,
      "peplink-router/test",
      dialogInput({ ...routerConfig, server: `${String(routerConfig["server"])}/cgi-bin/MANGA/index.cgi` }),
    );

    assert.deepEqual(omada.who?.["sites"], ["Harbour", "Depot"]);
    assert.equal(router.who?.["model"], "Pepwave MAX Simulated");
  });

  it("reports a refusal with the code and message that a Catch node receives", async () => {
    const { account } = await kasaCloud();
    const red = await deploy();

    const wrong = { ...account, credentials: { email: "owner@example.com", password: "wrong" } };
    const { error, who } = await post(red, "kasa-account/test", dialogInput(wrong));

    assert.equal(who, undefined);
    assert.deepEqual([error?.code, error?.vendorCode], ["sign-in", -20601]);
    assert.match(error?.message ?? "", /^Kasa's cloud refuses the e-mail address or the password\./);
  });

  it("returns a certificate only if the certificate is the problem", async () => {
    const { controller, config } = await omadaController();
    const { cloud, account } = await kasaCloud();
    const red = await deploy();

    const wrong = { ...config, credentials: { clientId: controller.clientId, clientSecret: "wrong" } };
    const refused = await post(red, "omada-controller/test", dialogInput(wrong));
    const server = cloud.url.replace("http:", "https:");
    const unreachable = await post(red, "kasa-account/test", dialogInput({ ...account, server }));

    assert.deepEqual(
      [refused, unreachable].map(({ error, certificate }) => [error?.code, certificate]),
      [
        ["sign-in", undefined],
        ["tls", undefined],
      ],
    );
  });

  it("is aborted when the browser closes the connection", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    cloud.server.injectFault({ kind: "hang" }, { times: 9 });
    const controller = new AbortController();
    const request = fetch(`${red.url}/homenet/kasa-account/test`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(dialogInput({ ...account, timeout: 300 })),
      signal: controller.signal,
    });
    await until(() => cloud.server.journal.length > 0);

    controller.abort();

    await assert.rejects(request);
    await until(() => cloud.server.openConnections === 0);
  });

  it("uses the saved secrets only for the address that they were entered for", async () => {
    const { cloud, account } = await kasaCloud();
    const otherCloud = closeAfterTest(await KasaCloud.start({ password: cloud.password }));
    const red = await deploy(account);
    const dialog = { ...account, credentials: savedSecrets(account) };

    const sameServer = await post(red, "kasa-account/test", dialogInput(dialog));
    const otherServer = await post(red, "kasa-account/test", dialogInput({ ...dialog, server: otherCloud.url }));
    const otherPath = await post(red, "kasa-account/test", dialogInput({ ...dialog, server: `${cloud.url}/other` }));

    assert.ok(sameServer.who);
    for (const { error } of [otherServer, otherPath]) {
      assert.equal(error?.code, "config");
      assert.match(error?.message ?? "", /^Enter the password or secret again/);
    }
    assert.equal(otherCloud.server.journal.length, 0);
    assert.ok(cloud.server.journal.every(({ path }) => path === "/"));
  });

  it("uses no secret of another node or of another node type", async () => {
    const { cloud, account } = await kasaCloud();
    const { config } = await omadaController();
    const secrets = { ...config.credentials, username: "somebody", password: "of a controller" };
    const red = await deploy(account, { ...config, server: cloud.url, fingerprint: "", credentials: secrets });
    const dialog = { ...account, credentials: savedSecrets(account) };

    for (const id of ["omada", "nobody", "__proto__", ""]) {
      const { error } = await post(red, "kasa-account/test", dialogInput({ ...dialog, id }));
      assert.equal(error?.code, "config", id);
    }
    assert.equal(cloud.server.journal.length, 0);
  });

  it("expands environment variables as a deploy does", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();
    process.env["HOMENET_TEST_PORT"] = new URL(cloud.url).port;
    process.env["HOMENET_TEST_PASSWORD"] = cloud.password;
    try {
      const credentials = { email: cloud.email, password: "${HOMENET_TEST_PASSWORD}" };
      const server = "http://127.0.0.1:${HOMENET_TEST_PORT}";
      const { who, error } = await post(red, "kasa-account/test", dialogInput({ ...account, server, credentials }));
      assert.ok(who, error?.message);
      // A part of a password may look like a variable without being one.
      cloud.password = "so${HOMENET_TEST_PORT}so";
      const unexpanded = { email: cloud.email, password: cloud.password };
      assert.ok((await post(red, "kasa-account/test", dialogInput({ ...account, credentials: unexpanded }))).who);
    } finally {
      delete process.env["HOMENET_TEST_PORT"];
      delete process.env["HOMENET_TEST_PASSWORD"];
    }
  });

  it("leaves no connection open", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();

    await post(red, "kasa-account/test", dialogInput(account));

    await until(() => cloud.server.openConnections === 0);
  });

  it("returns the certificate of a self-signed server, and sends nothing to that server before it is pinned", async () => {
    const certificate = selfSigned({ subject: '<img src=x onerror="alert(1)">' });
    const { controller, config } = await omadaController({ certificate }, { fingerprint: "" });
    const red = await deploy();

    const untrusted = await post(red, "omada-controller/test", dialogInput(config));
    const requests = controller.server.journal.length;
    const fingerprint = untrusted.certificate?.["fingerprint"];
    const pinned = await post(red, "omada-controller/test", dialogInput({ ...config, fingerprint }));

    assert.equal(untrusted.error?.code, "tls");
    assert.equal(fingerprint, controller.fingerprint);
    assert.equal(untrusted.certificate?.["subject"], '<img src=x onerror="alert(1)">');
    for (const end of ["validFrom", "validTo"]) assert.match(String(untrusted.certificate?.[end]), /^\d{4}-\d\d-\d\dT/);
    assert.equal(requests, 0);
    assert.ok(pinned.who);
  });

  it("returns the new certificate if another one is pinned", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "00".repeat(32) });
    const red = await deploy();

    const { error, certificate } = await post(red, "peplink-router/test", dialogInput(config));

    assert.equal(error?.code, "tls");
    assert.match(error?.message ?? "", /another certificate than the pinned one/);
    assert.equal(certificate?.["fingerprint"], router.fingerprint);
    assert.equal(router.server.journal.length, 0);
  });

  it("ends within the node's timeout, including retries, when the server does not respond", async () => {
    const { cloud, account } = await kasaCloud();
    const { controller, config } = await omadaController();
    const red = await deploy();
    cloud.server.injectFault({ kind: "hang" }, { times: 9 });
    controller.server.injectConnectionFault({ kind: "silent" }, 9);

    const idleMs = await idleMsDuring(async () => {
      const results = await Promise.all([
        post(red, "kasa-account/test", dialogInput({ ...account, timeout: 1.5 })),
        post(red, "omada-controller/test", dialogInput({ ...config, timeout: 1.5 })),
      ]);

      assert.deepEqual(
        results.map(({ error }) => error?.code),
        ["timeout", "timeout"],
      );
    });
    // Three attempts of 1.5 seconds each would take longer.
    assert.ok(idleMs < 3000, `${idleMs} ms`);
  });

  it("reports missing and wrong settings before it sends anything", async () => {
    const { cloud, account } = await kasaCloud();
    const red = await deploy();

    for (const changed of [
      { credentials: { email: "owner@example.com" } },
      { server: "nonsense" },
      { server: "http://203.0.113.1" },
      { timeout: "soon" },
      { fingerprint: "12" },
      { tls: "nobody" },
    ]) {
      const { error } = await post(red, "kasa-account/test", dialogInput({ ...account, ...changed }));
      assert.equal(error?.code, "config", JSON.stringify(changed));
    }
    assert.equal(cloud.server.journal.length, 0);
  });
});
