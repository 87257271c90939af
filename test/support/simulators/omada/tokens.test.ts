import assert from "node:assert/strict";
import { codesOf, setUp, setUpSignedIn } from "./test-client";

const DAY_MS = 86_400_000;

describe("A token of the simulated Omada controller", () => {
  it("is required: without one the response is HTTP 401 with an envelope", async () => {
    const { omada, client } = await setUp();

    const response = await client.request("GET", `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`);

    assert.equal(response.status, 401);
    assert.equal(response.body.errorCode, -44113);
  });

  it("is refused inside HTTP 200, as expired if sent as a bearer token, as invalid if unknown", async () => {
    const { omada, client } = await setUpSignedIn();

    const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
    const bearer = await client.request("GET", path, { headers: { authorization: `Bearer ${client.token}` } });
    const unknown = await client.request("GET", path, { token: "AT-unknown" });

    assert.deepEqual([bearer.status, unknown.status], [200, 200]);
    assert.deepEqual(codesOf([bearer, unknown]), [-44112, -44113]);
  });

  it("expires after its lifetime by the controller's clock", async () => {
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

  it("can be expired or invalidated, and new ones are still valid", async () => {
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

  it("can be refused even if it is new", async () => {
    const { omada, client } = await setUp();
    omada.refuseEveryToken = true;
    await client.signIn();

    const { body } = await client.inHarbour("GET", "led");

    assert.equal(body.errorCode, -44112);
  });

  it("can be revoked by a newer one", async () => {
    const { omada, client } = await setUpSignedIn();
    omada.lastTokenOnly = true;
    const first = client.token;
    await client.signIn();

    const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
    const responses = [await client.request("GET", path, { token: first }), await client.request("GET", path, client)];

    assert.deepEqual(codesOf(responses), [-44113, 0]);
  });

  it("is renewed once with a refresh token, together with a new refresh token", async () => {
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

  it("is renewed with everything in the query, as in TP-Link's example", async () => {
    const { omada, client } = await setUp();
    const { refreshToken } = await client.signIn();

    const { clientId, clientSecret } = omada;
    const credentials = `client_id=${clientId}&client_secret=${clientSecret}`;
    const query = `?grant_type=refresh_token&refresh_token=${refreshToken}&${credentials}`;
    const { body } = await client.request("POST", `/openapi/authorize/token${query}`);

    assert.equal(body.errorCode, 0);
  });

  it("is not renewed with a wrong secret, after 14 days, or with an expired refresh token", async () => {
    const { omada, client } = await setUp();
    let now = Date.now();
    omada.now = () => now;
    const [first, second, third] = [await client.signIn(), await client.signIn(), await client.signIn()];

    const query = `?grant_type=refresh_token&refresh_token=${first.refreshToken}`;
    const wrong = await client.requestToken({ client_secret: "wrong" }, query);
    const right = await client.refresh(first.refreshToken);
    now += 14 * DAY_MS;
    const outdated = await client.refresh(second.refreshToken);
    now -= DAY_MS;
    omada.expireRefreshTokens();
    const expired = await client.refresh(third.refreshToken);

    assert.deepEqual(codesOf([wrong, right, outdated, expired]), [-44106, 0, -44114, -44114]);
  });

  it("is checked after the controller's id, whose error has no content type", async () => {
    const { client } = await setUp();

    const response = await client.request("GET", `/openapi/v1/${"0".repeat(32)}/sites?page=1&pageSize=10`);

    assert.equal(response.type, null);
    assert.equal(response.body.errorCode, -7131);
  });

  it("is not sufficient for paths that do not exist", async () => {
    const { client } = await setUpSignedIn();

    const responses = [await client.call("GET", "nothing"), await client.inHarbour("PATCH", "led", { enable: true })];

    assert.deepEqual(codesOf(responses), [-1600, -1600]);
  });

  it("is limited to a number of requests per second, beyond which the response is HTTP 429", async () => {
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
