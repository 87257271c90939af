import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeRed } from "../support/harness/node-red";
import { peplinkRouter } from "../support/harness/platforms";
import { selfSigned } from "../support/simulators/certificate";
import { assertConfigError, PIN, sendStatus, STATUS, tlsConfig } from "./config-node-fixture";

describe("A config node", () => {
  afterEach(async () => (await nodeRed()).deploy([]));

  it("does not trust a self-signed certificate by default, and sends no credentials", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "" });
    const { error } = await sendStatus(config);
    assert.equal(error?.code, "tls");
    assert.match(error.message, /self-signed.*Nothing was sent/);
    assert.deepEqual(router.server.journal, []);
  });

  it("trusts the pinned certificate, with or without colons in the fingerprint", async () => {
    const { router, config } = await peplinkRouter();
    const fingerprint = router.fingerprint?.replaceAll(":", "").toLowerCase();
    assert.equal((await sendStatus({ ...config, fingerprint })).error, undefined);
  });

  it("trusts no other certificate than the pinned one", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: PIN });
    const { error } = await sendStatus(config);
    assert.equal(error?.code, "tls");
    assert.ok(error.message.includes(`seen ${router.fingerprint}`));
    assert.deepEqual(router.server.journal, []);
  });

  it("trusts a CA certificate in a TLS configuration", async () => {
    const { router, config } = await peplinkRouter({ certificate: selfSigned() }, { fingerprint: "", tls: "tls" });
    const { error } = await sendStatus(config, tlsConfig({}, { cadata: router.certificate?.cert ?? "" }));
    assert.equal(error, undefined);
  });

  it("trusts a CA certificate in a file that a TLS configuration refers to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homenet-ca-"));
    const { router, config } = await peplinkRouter({ certificate: selfSigned() }, { fingerprint: "", tls: "tls" });
    writeFileSync(join(folder, "ca.pem"), router.certificate?.cert ?? "");
    const { error } = await sendStatus(config, tlsConfig({ ca: join(folder, "ca.pem") }));
    rmSync(folder, { recursive: true });
    assert.equal(error, undefined);
  });

  it("trusts any certificate if, and only if, the TLS configuration switches verification off", async () => {
    const { config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    assert.equal((await sendStatus(config, tlsConfig({ verifyservercert: false }))).error, undefined);
    assert.equal((await sendStatus(config, tlsConfig({ verifyservercert: true }))).error?.code, "tls");
  });

  it("verifies the certificate if the TLS configuration does not say", async () => {
    const { config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    assert.equal((await sendStatus(config, tlsConfig({ verifyservercert: undefined }))).error?.code, "tls");
  });

  it("verifies the server name that a TLS configuration sets", async () => {
    const certificate = selfSigned({ names: ["router.example"] });
    const { config } = await peplinkRouter({ certificate }, { fingerprint: "", tls: "tls" });
    const ca = { cadata: certificate.cert };
    assert.equal((await sendStatus(config, tlsConfig({}, ca))).error?.code, "tls");
    assert.equal((await sendStatus(config, tlsConfig({ servername: "router.example" }, ca))).error, undefined);
  });

  it("ignores a message that asks to trust another server", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "" });
    const red = await nodeRed();
    await red.deploy([config, STATUS]);
    const { error } = await red.send("status", {
      rejectUnauthorized: false,
      fingerprint: router.fingerprint,
      server: "http://127.0.0.1:9",
      url: "http://127.0.0.1:9",
    });
    assert.equal(error?.code, "tls");
  });

  it("fails with an incomplete TLS configuration", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    const incomplete = tlsConfig({ ca: join(tmpdir(), "homenet-there-is-no-such-file.pem") });
    await assertConfigError(router, /TLS configuration is missing or incomplete/, config, incomplete);
  });

  it("fails with a disabled TLS configuration", async () => {
    const { router, config } = await peplinkRouter({}, { fingerprint: "", tls: "tls" });
    await assertConfigError(router, /TLS configuration is disabled\. Enable it/, config, tlsConfig({ d: true }));
  });
});
