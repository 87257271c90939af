import assert from "node:assert/strict";
import { until } from "../../support/http-fixture";
import { asUser, bodyOf, OmadaFixture } from "../../support/omada-fixture";

const HOUR_MS = 3_600_000;
const LED = "sites/{siteId}/led";
/** By its id, so that no list of sites is requested. */
const IN_HARBOUR = { site: "600000000000000000000001" };

/** Starts with one completed call, and an empty journal. */
async function startSignedIn(...options: Parameters<typeof OmadaFixture.start>): Promise<OmadaFixture> {
  const fixture = await OmadaFixture.start(...options);
  await fixture.query(LED, IN_HARBOUR);
  fixture.omada.server.journal.length = 0;
  return fixture;
}

describe("The session of the Omada client", () => {
  it("renews an expired token with the refresh token", async () => {
    const fixture = await startSignedIn();
    fixture.clock.at += 2 * HOUR_MS;

    await fixture.query(LED, IN_HARBOUR);

    const [request] = fixture.omada.server.journal;
    const { clientId: client_id, clientSecret: client_secret } = fixture.omada;
    assert.deepEqual(fixture.signInRequests(), ["token refresh_token"]);
    assert.deepEqual(bodyOf(request), { client_id, client_secret });
    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("signs in again when the refresh token is refused", async () => {
    const fixture = await startSignedIn();
    fixture.omada.expireRefreshTokens();
    fixture.clock.at += 2 * HOUR_MS;

    await fixture.query(LED, IN_HARBOUR);

    assert.deepEqual(fixture.signInRequests(), ["token refresh_token", "token client_credentials"]);
  });

  it("signs in again as a user when the refresh token is refused", async () => {
    const fixture = await startSignedIn({}, asUser);
    fixture.omada.expireRefreshTokens();
    fixture.clock.at += 2 * HOUR_MS;

    await fixture.query(LED, IN_HARBOUR);

    assert.deepEqual(fixture.signInRequests(), ["token refresh_token", "login", "code", "token authorization_code"]);
  });

  for (const [what, response] of Object.entries({
    "HTTP 401": { status: 401, body: "" },
    "HTTP 403": { status: 403, body: "" },
    "HTTP 404": { status: 404, body: "" },
    "a web page": { body: "<html></html>" },
    "an unknown error number": { body: { errorCode: -99_999, msg: "?" } },
    "a failed authorization": { body: { errorCode: -44116, msg: "?" } },
    "a success without a token": { body: { errorCode: 0, result: {} } },
  })) {
    it(`signs in again when the refresh request receives ${what}`, async () => {
      const fixture = await startSignedIn();
      fixture.respondWith(/token$/, response);
      fixture.clock.at += 2 * HOUR_MS;

      await fixture.query(LED, IN_HARBOUR);

      assert.deepEqual(fixture.signInRequests(), ["token refresh_token", "token client_credentials"]);
      assert.equal(fixture.requests().length, 1);
    });
  }

  it("does not sign in again when the refresh request receives no response", async () => {
    const fixture = await startSignedIn();
    fixture.omada.server.injectFault({ kind: "reset" }, { times: 3 });
    fixture.clock.at += 2 * HOUR_MS;

    const error = await fixture.queryError(LED, IN_HARBOUR);

    assert.equal(error.code, "network");
    assert.deepEqual(new Set(fixture.signInRequests()), new Set(["token refresh_token"]));
  });

  it("renews a token shortly before it expires, without delaying a call", async () => {
    const fixture = await startSignedIn();
    fixture.clock.at += 2 * HOUR_MS - 4 * 60_000;
    fixture.omada.server.injectFault({ kind: "delay", ms: 500 }, { when: ({ path }) => path.endsWith("token") });

    await fixture.query(LED, IN_HARBOUR);
    const signInsDuringCall = fixture.omada.signIns();
    const tokens = new Set<string | undefined>();
    await until(async () => {
      await fixture.query(LED, IN_HARBOUR);
      tokens.add(fixture.omada.server.journal.at(-1)?.headers["authorization"]);
      return tokens.size === 2;
    });

    assert.deepEqual([signInsDuringCall, fixture.omada.signIns()], [1, 2]);
  });

  it("does not renew a token six minutes before it expires", async () => {
    const fixture = await startSignedIn();
    fixture.clock.at += 2 * HOUR_MS - 6 * 60_000;

    await fixture.query(LED, IN_HARBOUR);

    assert.deepEqual(fixture.signInRequests(), []);
  });

  it("uses the lifetime that the controller reports instead of assuming two hours", async () => {
    const fixture = await OmadaFixture.start();
    fixture.omada.expiresIn = 600;
    await fixture.query(LED, IN_HARBOUR);
    fixture.clock.at += 600_000;

    await fixture.query(LED, IN_HARBOUR);

    assert.deepEqual(fixture.signInRequests(), ["token client_credentials", "token refresh_token"]);
    assert.equal(fixture.omada.calls(/led$/), 2);
  });

  for (const [what, fields] of Object.entries({
    "no lifetime and no refresh token": {},
    "a lifetime that is not a number": { expiresIn: "soon", refreshToken: null },
    "a lifetime of null": { expiresIn: null, refreshToken: "" },
    "a lifetime as text and a refresh token that is a number": { expiresIn: "7200", refreshToken: 7 },
  })) {
    it(`accepts a token with ${what}`, async () => {
      const fixture = await OmadaFixture.start();
      fixture.respondWith(/token$/, { body: { errorCode: 0, result: { accessToken: "AT-minimal", ...fields } } });
      fixture.respondWith(/led$/, { body: { errorCode: 0, result: { enable: true } } }, 2);

      const results = [await fixture.query(LED, IN_HARBOUR), await fixture.query(LED, IN_HARBOUR)];

      assert.deepEqual(
        results.map(({ payload }) => payload),
        [{ enable: true }, { enable: true }],
      );
      assert.equal(fixture.omada.tokenRequests(), 1);
    });
  }

  for (const [what, response] of Object.entries({
    "-44112 inside HTTP 200": { body: { errorCode: -44112, msg: "expired" } },
    "-44113 inside HTTP 200": { body: { errorCode: -44113, msg: "invalid" } },
    "-44116 inside HTTP 200": { body: { errorCode: -44116, msg: "failed" } },
    "-1200 inside HTTP 200": { body: { errorCode: -1200, msg: "logged out" } },
    "HTTP 401 with a number": { status: 401, body: { errorCode: -44113, msg: "invalid" } },
    "HTTP 401 with an unknown number": { status: 401, body: { errorCode: -99_999, msg: "?" } },
    "HTTP 401 with another body": { status: 401, body: { status: 401, error: "Unauthorized" } },
    "HTTP 401 with a web page": { status: 401, body: "<html></html>" },
    "an empty HTTP 401": { status: 401, body: "" },
  })) {
    it(`renews the token and repeats the call once after ${what}`, async () => {
      const fixture = await startSignedIn();
      fixture.respondWith(/led$/, response);

      const { payload } = await fixture.query(LED, IN_HARBOUR);

      assert.deepEqual(payload, { enable: true });
      assert.deepEqual(fixture.signInRequests(), ["token refresh_token"]);
      assert.equal(fixture.requests().length, 2);
    });
  }

  it("fails when the new token is refused as well", async () => {
    const fixture = await startSignedIn();
    fixture.omada.refuseEveryToken = true;

    const error = await fixture.queryError(LED, IN_HARBOUR);

    assert.deepEqual([error.code, error.details.vendorCode, error.details.statusCode], ["sign-in", -44112, 200]);
    assert.deepEqual([fixture.signInRequests().length, fixture.requests().length], [1, 2]);
  });

  it("signs in again when a refresh succeeds, and the token that comes of it is refused", async () => {
    const fixture = await startSignedIn();
    fixture.omada.invalidateTokens();
    const isRefresh = ({ query }: { query: URLSearchParams }): boolean => query.get("grant_type") === "refresh_token";
    const body = { errorCode: 0, result: { accessToken: "AT-void", expiresIn: 7200, refreshToken: "RT-void" } };
    fixture.omada.server.injectFault({ kind: "response", body }, { times: 9, when: isRefresh });
    await fixture.queryError(LED, IN_HARBOUR);
    fixture.clock.at += 600_000;

    await fixture.query(LED, IN_HARBOUR);

    assert.deepEqual(fixture.signInRequests(), ["token refresh_token", "token client_credentials"]);
  });

  for (const accessToken of ["", 5, "AT-1\r\nHost: elsewhere", "AT-ü", "AT 1"]) {
    it(`does not take ${JSON.stringify(accessToken)} for a token`, async () => {
      const fixture = await OmadaFixture.start();
      fixture.respondWith(/token$/, { body: { errorCode: 0, result: { accessToken, expiresIn: 7200 } } });

      const error = await fixture.queryError("sites");
      fixture.clock.at += 1000;
      await fixture.query("sites");

      assert.equal(error.code, "protocol");
      assert.equal(fixture.requests().length, 1);
    });
  }

  it("renews once for all concurrent calls whose token expires", async () => {
    const fixture = await startSignedIn();
    fixture.omada.lastTokenOnly = true;
    fixture.omada.expireTokens();

    const results = await Promise.all(Array.from({ length: 50 }, () => fixture.query(LED, IN_HARBOUR)));

    assert.equal(results.filter(({ payload }) => payload).length, 50);
    assert.deepEqual(fixture.signInRequests(), ["token refresh_token"]);
  });

  it("fails when the response to a code is lost, and starts over with the next call", async () => {
    const fixture = await OmadaFixture.start({}, asUser);
    fixture.omada.server.injectFault({ kind: "reset" }, { when: ({ path }) => path.endsWith("token") });

    const error = await fixture.queryError("sites");
    await fixture.query("sites");

    assert.equal(error.code, "network");
    const steps = ["login", "code", "token authorization_code"];
    assert.deepEqual(fixture.signInRequests(), [...steps, ...steps]);
  });

  it("cancels calls once the client is closed", async () => {
    const fixture = await startSignedIn();
    fixture.client.close();

    const error = await fixture.queryError(LED, IN_HARBOUR);

    assert.equal(error.code, "cancelled");
    assert.deepEqual(fixture.requests(), []);
  });

  it("calls an endpoint forbidden that refuses every token, and signs in for the others as before", async () => {
    const fixture = await startSignedIn();
    fixture.respondWith(/clients$/, { status: 401, body: "" }, 50);

    for (let call = 0; call < 10; call++) {
      const error = await fixture.queryError("sites/{siteId}/clients", IN_HARBOUR);
      assert.equal(error.code, "forbidden");
      await fixture.query(LED, IN_HARBOUR);
    }
    assert.equal(fixture.signInRequests().length, 1);
    fixture.omada.expireTokens();
    await fixture.query(LED, IN_HARBOUR);

    assert.equal(fixture.signInRequests().length, 2);
  });
});
