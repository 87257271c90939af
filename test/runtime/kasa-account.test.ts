import assert from "node:assert/strict";
import dns from "node:dns";
import { fetchRefreshToken, payloadOf, rowsOf, sentParameters } from "../support/harness/kasa-flow";
import type { FlowNode } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { selfSigned } from "../support/simulators/certificate";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { assertNoSecretLeaked, kasaFlow, kasaFlowOf } from "./kasa-fixture";

/** The terminal UUIDs that the cloud got, in order. */
const sentTerminals = (cloud: KasaCloud): unknown[] => sentParameters(cloud).map(({ terminalUUID }) => terminalUUID);

/** The terminal UUID that an account with these settings sends. */
async function terminalOf(settings: object = {}, email = "owner@example.com"): Promise<unknown> {
  const { cloud, account } = await kasaCloud();
  const { red } = await kasaFlowOf(cloud, {
    ...account,
    ...settings,
    credentials: { email, password: cloud.password },
  });
  await red.send("login");
  return sentTerminals(cloud)[0];
}

describe("kasa-account", () => {
  afterEach(assertNoSecretLeaked);

  it("generates a valid terminal UUID", async () => {
    const terminal = await terminalOf();

    assert.match(String(terminal), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("keeps its terminal UUID across deploys", async () => {
    const { red, cloud, flow } = await kasaFlow();
    await red.send("login", { force: true });
    await red.deploy([]);
    const [account, ...nodes] = flow;
    await red.deploy([{ ...(account as FlowNode), name: "renamed", timeout: 20 }, ...nodes]);

    await red.send("login", { force: true });

    const [before, after] = sentTerminals(cloud);
    assert.equal(after, before);
  });

  // A refresh token works only with the UUID that it was issued for: to derive another one would break saved flows.
  it("derives the same terminal UUID after a restart, on every machine and in every version", async () => {
    const terminal = await terminalOf();

    assert.equal(terminal, "3178afed-456d-47d0-a7b5-7a62a4a0a692");
  });

  it("has another terminal UUID than any other account node", async () => {
    const { cloud, account } = await kasaCloud();
    const second = { ...account, id: "kasa-2" };
    const nodes = [second, { id: "login-2", type: "kasa-login", account: "kasa-2" }];
    const { red } = await kasaFlowOf(cloud, account, { nodes });
    await red.send("login");

    await red.send("login-2");

    assert.equal(new Set(sentTerminals(cloud)).size, 2);
  });

  it("derives the terminal UUID from the e-mail address, however it is spelt", async () => {
    const terminal = await terminalOf();

    const others = [await terminalOf({}, "other@example.com"), await terminalOf({}, " Owner@Example.com ")];

    assert.notEqual(others[0], terminal);
    assert.equal(others[1], terminal);
  });

  it("sends the terminal UUID that is configured", async () => {
    const terminal = await terminalOf({ terminalUUID: "the one of my phone" });

    assert.equal(terminal, "the one of my phone");
  });

  it("ignores blanks around the e-mail address and the refresh token, as they come with copying", async () => {
    const { cloud, account } = await kasaCloud({ terminalUUID: "one" });
    const refreshToken = await fetchRefreshToken(cloud, "one");
    const { password } = cloud;
    const { red, flow } = await kasaFlowOf(cloud, { ...account, credentials: { email: ` ${cloud.email} `, password } });
    const { msg: byPassword } = await red.send("login");
    const credentials = { email: "", password: "", refreshToken: ` ${refreshToken}\n` };
    await red.deploy([{ ...account, credentials }, ...flow.slice(1)]);

    const { msg: byToken } = await red.send("login");

    assert.deepEqual(
      [payloadOf(byPassword)["email"], payloadOf(byToken)["token"]],
      [cloud.email, cloud.liveTokens().at(-1)],
    );
  });

  it("keeps the blanks of a password", async () => {
    const { cloud, account } = await kasaCloud();
    cloud.password = " with blanks ";
    const { red } = await kasaFlowOf(cloud, {
      ...account,
      credentials: { email: cloud.email, password: cloud.password },
    });

    const { msg } = await red.send("login");

    assert.equal(payloadOf(msg)["email"], cloud.email);
  });

  it("uses TP-Link's own cloud if no server is configured", async () => {
    const { cloud, account } = await kasaCloud();
    const { red } = await kasaFlowOf(cloud, { ...account, server: " " });
    const { lookup } = dns;
    const lookedUp = new Set<string>();
    dns.lookup = ((host: string, _: object, callback: (error: Error) => void) => {
      lookedUp.add(host);
      callback(Object.assign(new Error("no network in tests"), { code: "ENOTFOUND" }));
    }) as typeof dns.lookup;

    const { error } = await red.send("login").finally(() => (dns.lookup = lookup));

    assert.deepEqual([...lookedUp], ["wap.tplinkcloud.com"]);
    assert.equal(error?.code, "network");
  });

  it("fails with `config` if it has nothing to sign in with, without a request", async () => {
    const { cloud, account } = await kasaCloud();
    const { red } = await kasaFlowOf(cloud, { ...account, credentials: { email: cloud.email } });

    const { error } = await red.send("login");

    assert.equal(error?.code, "config");
    assert.match(error?.message ?? "", /password.*or a refresh token/);
    assert.deepEqual([cloud.server.journal.length, error?.cause["retryable"]], [0, false]);
  });

  it("rejects an address without a scheme, and plain http to a public host", async () => {
    const { red, flow } = await kasaFlow({ account: { server: "wap.tplinkcloud.com" } });
    const { error: bare } = await red.send("login");
    const [account, ...nodes] = flow;
    await red.deploy([{ ...(account as FlowNode), server: "http://wap.tplinkcloud.com" }, ...nodes]);

    const { error: plain } = await red.send("login");

    assert.deepEqual([bare?.code, plain?.code], ["config", "config"]);
    assert.match(plain?.message ?? "", /https/);
  });

  it("sends nothing to a cloud with a self-signed certificate until it is pinned", async () => {
    const certificate = selfSigned();
    const cloud = closeAfterTest(await KasaCloud.start({ certificate }));
    const credentials = { email: cloud.email, password: cloud.password };
    const account = { id: "kasa", type: "kasa-account", server: cloud.url, credentials };
    const { red, flow } = await kasaFlowOf(cloud, account);
    const { error } = await red.send("list");
    const before = cloud.server.journal.length;
    await red.deploy([{ ...account, fingerprint: certificate.fingerprint }, ...flow.slice(1)]);

    const { msg } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["retryable"], before], ["tls", false, 0]);
    assert.match(error?.message ?? "", /self-signed.*fingerprint/);
    assert.equal(rowsOf(msg).length, cloud.devices.length);
  });

  it("keeps the path of a reverse proxy", async () => {
    const { cloud, account } = await kasaCloud();
    const { red } = await kasaFlowOf(cloud, { ...account, server: `${cloud.url}/kasa/` });

    await red.send("login");

    assert.equal(cloud.server.journal[0]?.path, "/kasa/");
  });
});
