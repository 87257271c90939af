import assert from "node:assert/strict";
import { get as getSecurely } from "node:https";
import { TLSSocket } from "node:tls";
import { codesOf, setUp, setUpSignedIn } from "./test-client";

describe("The sign-in of the simulated Omada controller", () => {
  it("uses TLS with the certificate whose fingerprint it states", async () => {
    const { omada } = await setUp({ http: false });

    const fingerprint = await new Promise((resolve, reject) => {
      const request = getSecurely(`${omada.url}/api/info`, { ca: omada.certificate?.cert }, ({ socket }) => {
        resolve(socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined);
      });
      request.on("error", reject);
    });

    assert.match(omada.fingerprint ?? "", /^([\dA-F]{2}:){31}[\dA-F]{2}$/);
    assert.equal(fingerprint, omada.fingerprint);
  });

  it("reveals the id and the version of the controller without a token", async () => {
    const { omada, client } = await setUp({ version: "6.2.0.17" });

    const { body } = await client.request("GET", "/api/info");

    assert.equal(body.result.omadacId, omada.omadacId);
    assert.equal(body.result.controllerVer, "6.2.0.17");
  });

  it("serves the OpenAPI description without a token, but only with the operations of its version", async () => {
    const { client } = await setUp({ version: "5.15.24.19" });

    const { body } = await client.request("GET", "/v3/api-docs");

    assert.ok("/openapi/v1/{omadacId}/sites/{siteId}/clients" in body.paths);
    assert.ok(!("/openapi/v2/{omadacId}/sites/{siteId}/clients" in body.paths));
    assert.ok(!("/openapi/v1/msp/{mspId}/customers" in body.paths));
  });

  it("issues a token for the client's credentials, and accepts it", async () => {
    const { omada, client } = await setUp();

    const token = await client.signIn();

    assert.match(token.accessToken, /^AT-\w+$/);
    assert.match(token.refreshToken, /^RT-\w+$/);
    assert.deepEqual([token.tokenType, token.expiresIn, omada.signIns()], ["bearer", 7200, 1]);
    assert.equal((await client.call("GET", "sites?page=1&pageSize=10")).body.errorCode, 0);
  });

  it("checks the controller's id before the secret", async () => {
    const { client } = await setUp();

    const { body } = await client.requestToken({ omadacId: "0".repeat(32), client_secret: "wrong" });

    assert.equal(body.errorCode, -7131);
  });

  it("refuses a wrong secret, a missing one and a wrong client id with the same number", async () => {
    const { omada, client } = await setUp();

    const invalid = [{ client_secret: "wrong" }, { client_secret: undefined }, { client_id: "wrong" }];
    const responses = await Promise.all(invalid.map((changes) => client.requestToken(changes)));

    assert.deepEqual(codesOf(responses), [-44106, -44106, -44106]);
    assert.deepEqual([omada.tokenRequests(), omada.signIns()], [3, 0]);
  });

  it("does not accept the names that the cookbook uses for the ids", async () => {
    const { omada, client } = await setUp();

    const responses = [
      await client.requestToken({ omadacId: undefined, omadaId: omada.omadacId }),
      await client.requestToken({ client_id: undefined, clientId: omada.clientId }),
    ];

    assert.deepEqual(codesOf(responses), [-7131, -44106]);
  });

  it("accepts the credentials in the query, as it did in 2023", async () => {
    const { omada, client } = await setUp();

    const query = `?grant_type=client_credentials&client_id=${omada.clientId}&client_secret=${omada.clientSecret}`;
    const { body } = await client.requestToken({ client_id: undefined, client_secret: undefined }, query);

    assert.equal(body.errorCode, 0);
  });

  it("requires a known grant type in the query", async () => {
    const { client } = await setUp();

    const responses = [
      await client.requestToken({ grant_type: "client_credentials" }, ""),
      await client.requestToken({}, "?grant_type=password"),
    ];

    assert.deepEqual(codesOf(responses), [-44116, -44111]);
  });

  it("requires JSON, and refuses other content with a number", async () => {
    const { client } = await setUp();

    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const path = "/openapi/authorize/token?grant_type=client_credentials";
    const { body } = await client.request("POST", path, { body: {}, headers });

    assert.equal(body.errorCode, -1004);
  });
});

describe("The user of the simulated Omada controller", () => {
  it("exchanges a login for a code and the code for a token, which has permissions that a client's has not", async () => {
    const { client } = await setUpSignedIn();
    const asClient = await client.call("GET", "users?page=1&pageSize=10");

    const { body } = await client.redeemCode(await client.fetchCode());
    client.token = body.result.accessToken;
    const asUser = await client.call("GET", "users?page=1&pageSize=10");

    assert.deepEqual(codesOf([asClient, asUser]), [-44118, 0]);
  });

  it("is refused with a wrong password by a number and a message", async () => {
    const { omada, client } = await setUp();

    const { status, body } = await client.logIn(omada.username, "wrong");

    assert.equal(status, 200);
    assert.ok((body.errorCode ?? 0) < 0 && body.msg);
  });

  it("needs the session and its CSRF token for a code", async () => {
    const { omada, client } = await setUp();
    const { csrfToken, sessionId } = (await client.logIn(omada.username, omada.password)).body.result;

    const responses = [
      await client.requestCode("wrong", sessionId),
      await client.requestCode(csrfToken, "wrong"),
      await client.requestCode(csrfToken, sessionId),
    ];

    assert.deepEqual(codesOf(responses), [-44108, -44109, 0]);
  });

  it("can use a code once, and within two minutes", async () => {
    const { omada, client } = await setUp();
    let now = Date.now();
    omada.now = () => now;
    const [code, outdated] = [await client.fetchCode(), await client.fetchCode()];

    const responses = [await client.redeemCode(code), await client.redeemCode(code)];
    now += 120_000;
    responses.push(await client.redeemCode(outdated));

    assert.deepEqual(codesOf(responses), [0, -44110, -44110]);
  });
});
