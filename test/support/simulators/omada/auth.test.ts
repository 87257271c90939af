import assert from "node:assert/strict";
import { get as getSecurely } from "node:https";
import { TLSSocket } from "node:tls";
import { codesOf, setUp, setUpSignedIn } from "./test-client";

const DAY = 86_400_000;

describe("The door of the simulated Omada controller", () => {
  describe("at its door", () => {
    it("speaks TLS with the certificate whose fingerprint it tells", async () => {
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

    it("tells its id and version to anyone", async () => {
      const { omada, client } = await setUp({ version: "6.2.0.17" });

      const { body } = await client.request("GET", "/api/info");

      assert.equal(body.result.omadacId, omada.omadacId);
      assert.equal(body.result.controllerVer, "6.2.0.17");
    });

    it("describes its operations to anyone, but not those of another version or of a provider", async () => {
      const { client } = await setUp({ version: "5.15.24.19" });

      const { body } = await client.request("GET", "/v3/api-docs");

      assert.ok("/openapi/v1/{omadacId}/sites/{siteId}/clients" in body.paths);
      assert.ok(!("/openapi/v2/{omadacId}/sites/{siteId}/clients" in body.paths));
      assert.ok(!("/openapi/v1/msp/{mspId}/customers" in body.paths));
    });

    it("hands out a token for the client's credentials, and lets it in with it", async () => {
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

    it("refuses a wrong secret, a missing one and a wrong client id alike", async () => {
      const { omada, client } = await setUp();

      const wrong = [{ client_secret: "wrong" }, { client_secret: undefined }, { client_id: "wrong" }];
      const answers = await Promise.all(wrong.map((changes) => client.requestToken(changes)));

      assert.deepEqual(codesOf(answers), [-44106, -44106, -44106]);
      assert.deepEqual([omada.tokenRequests(), omada.signIns()], [3, 0]);
    });

    it("does not know the cookbook's names for the controller's and the client's id", async () => {
      const { omada, client } = await setUp();

      const answers = [
        await client.requestToken({ omadacId: undefined, omadaId: omada.omadacId }),
        await client.requestToken({ client_id: undefined, clientId: omada.clientId }),
      ];

      assert.deepEqual(codesOf(answers), [-7131, -44106]);
    });

    it("takes the credentials from the query, as it did in 2023", async () => {
      const { omada, client } = await setUp();

      const query = `?grant_type=client_credentials&client_id=${omada.clientId}&client_secret=${omada.clientSecret}`;
      const { body } = await client.requestToken({ client_id: undefined, client_secret: undefined }, query);

      assert.equal(body.errorCode, 0);
    });

    it("wants the grant type in the query, and one that it knows", async () => {
      const { client } = await setUp();

      const answers = [
        await client.requestToken({ grant_type: "client_credentials" }, ""),
        await client.requestToken({}, "?grant_type=password"),
      ];

      assert.deepEqual(codesOf(answers), [-44116, -44111]);
    });

    it("wants JSON, and says so in its own number", async () => {
      const { client } = await setUp();

      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const path = "/openapi/authorize/token?grant_type=client_credentials";
      const { body } = await client.request("POST", path, { body: {}, headers });

      assert.equal(body.errorCode, -1004);
    });
  });

  describe("with tokens", () => {
    it("answers 401 with an envelope where there is none", async () => {
      const { omada, client } = await setUp();

      const answer = await client.request("GET", `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`);

      assert.equal(answer.status, 401);
      assert.equal(answer.body.errorCode, -44113);
    });

    it("calls a bearer token expired and an unknown one invalid, both inside HTTP 200", async () => {
      const { omada, client } = await setUpSignedIn();

      const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
      const bearer = await client.request("GET", path, { headers: { authorization: `Bearer ${client.token}` } });
      const unknown = await client.request("GET", path, { token: "AT-unknown" });

      assert.deepEqual([bearer.status, unknown.status], [200, 200]);
      assert.deepEqual(codesOf([bearer, unknown]), [-44112, -44113]);
    });

    it("lets a token live as long as it said, by its own clock", async () => {
      const { omada, client } = await setUp();
      let now = 1_700_000_000_000;
      omada.now = () => now;
      omada.expiresIn = 60;
      await client.signIn();

      now += 59_999;
      const before = await client.inHarbour("GET", "led");
      now += 1;
      const after = await client.inHarbour("GET", "led");

      assert.deepEqual(codesOf([before, after]), [0, -44112]);
    });

    it("can spend all tokens so far, and still hand out good ones", async () => {
      const { omada, client } = await setUpSignedIn();

      omada.expireTokens();
      const expired = await client.inHarbour("GET", "led");
      await client.signIn();
      omada.invalidateTokens();
      const invalid = await client.inHarbour("GET", "led");
      await client.signIn();
      const fresh = await client.inHarbour("GET", "led");

      assert.deepEqual(codesOf([expired, invalid, fresh]), [-44112, -44113, 0]);
    });

    it("can refuse even fresh tokens", async () => {
      const { omada, client } = await setUp();
      omada.refuseEveryToken = true;
      await client.signIn();

      const { body } = await client.inHarbour("GET", "led");

      assert.equal(body.errorCode, -44112);
    });

    it("can let a new token kill the earlier one", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.lastTokenOnly = true;
      const first = client.token;
      await client.signIn();

      const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
      const answers = [await client.request("GET", path, { token: first }), await client.request("GET", path, client)];

      assert.deepEqual(codesOf(answers), [-44113, 0]);
    });

    it("refreshes with a refresh token once, for a new pair", async () => {
      const { omada, client } = await setUp();
      const { refreshToken } = await client.signIn();

      const { body } = await client.refresh(refreshToken);
      const again = await client.refresh(refreshToken);

      assert.notEqual(body.result.refreshToken, refreshToken);
      client.token = body.result.accessToken;
      assert.equal((await client.inHarbour("GET", "led")).body.errorCode, 0);
      assert.equal(again.body.errorCode, -44114);
      assert.equal(omada.signIns(), 2);
    });

    it("refreshes with everything in the query, as TP-Link's example has it", async () => {
      const { omada, client } = await setUp();
      const { refreshToken } = await client.signIn();

      const { clientId, clientSecret } = omada;
      const credentials = `client_id=${clientId}&client_secret=${clientSecret}`;
      const query = `?grant_type=refresh_token&refresh_token=${refreshToken}&${credentials}`;
      const { body } = await client.request("POST", `/openapi/authorize/token${query}`);

      assert.equal(body.errorCode, 0);
    });

    it("keeps a refresh token from a wrong secret, for 14 days, and until told otherwise", async () => {
      const { omada, client } = await setUp();
      let now = Date.now();
      omada.now = () => now;
      const [first, second, third] = [await client.signIn(), await client.signIn(), await client.signIn()];

      const query = `?grant_type=refresh_token&refresh_token=${first.refreshToken}`;
      const wrong = await client.requestToken({ client_secret: "wrong" }, query);
      const right = await client.refresh(first.refreshToken);
      now += 14 * DAY;
      const old = await client.refresh(second.refreshToken);
      now -= DAY;
      omada.expireRefreshTokens();
      const expired = await client.refresh(third.refreshToken);

      assert.deepEqual(codesOf([wrong, right, old, expired]), [-44106, 0, -44114, -44114]);
    });

    it("answers an unknown controller id without a content type, before it looks at the token", async () => {
      const { client } = await setUp();

      const answer = await client.request("GET", `/openapi/v1/${"0".repeat(32)}/sites?page=1&pageSize=10`);

      assert.equal(answer.type, null);
      assert.equal(answer.body.errorCode, -7131);
    });

    it("says of a path it lacks that it is unsupported", async () => {
      const { client } = await setUpSignedIn();

      const answers = [await client.call("GET", "nothing"), await client.inHarbour("PATCH", "led", { enable: true })];

      assert.deepEqual(codesOf(answers), [-1600, -1600]);
    });

    it("answers 429 over its budget, and recovers a second later", async () => {
      const { omada, client } = await setUpSignedIn();
      let now = Date.now();
      omada.now = () => now;
      omada.rateLimit = 2;

      const burst = [1, 2, 3].map(() => client.inHarbour("GET", "led"));
      const statuses = (await Promise.all(burst)).map(({ status }) => status);
      now += 1000;
      const later = await client.inHarbour("GET", "led");

      assert.equal(statuses.filter((status) => status === 429).length, 1);
      assert.equal(later.status, 200);
    });
  });

  describe("with a user", () => {
    it("turns a login into a code, the code into a token, and lets that do what a client's may not", async () => {
      const { client } = await setUpSignedIn();
      const asClient = await client.call("GET", "users?page=1&pageSize=10");

      const { body } = await client.redeemCode(await client.fetchCode());
      client.token = body.result.accessToken;
      const asUser = await client.call("GET", "users?page=1&pageSize=10");

      assert.deepEqual(codesOf([asClient, asUser]), [-44118, 0]);
    });

    it("refuses a wrong password with a number and a word", async () => {
      const { omada, client } = await setUp();

      const { status, body } = await client.logIn(omada.username, "wrong");

      assert.equal(status, 200);
      assert.ok((body.errorCode ?? 0) < 0 && body.msg);
    });

    it("wants the session and its own CSRF token for a code", async () => {
      const { omada, client } = await setUp();
      const { csrfToken, sessionId } = (await client.logIn(omada.username, omada.password)).body.result;

      const answers = [
        await client.requestCode("wrong", sessionId),
        await client.requestCode(csrfToken, "wrong"),
        await client.requestCode(csrfToken, sessionId),
      ];

      assert.deepEqual(codesOf(answers), [-44108, -44109, 0]);
    });

    it("takes a code once, and within two minutes", async () => {
      const { omada, client } = await setUp();
      let now = Date.now();
      omada.now = () => now;
      const [code, late] = [await client.fetchCode(), await client.fetchCode()];

      const answers = [await client.redeemCode(code), await client.redeemCode(code)];
      now += 120_000;
      answers.push(await client.redeemCode(late));

      assert.deepEqual(codesOf(answers), [0, -44110, -44110]);
    });
  });
});
