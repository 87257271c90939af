import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import { asUser, bodyOf, OmadaFixture, platformErrorOf } from "../../support/omada-fixture";

const LED = "sites/{siteId}/led";

describe("The sign-in of the Omada client", () => {
  it("sends the application's credentials under the names that the controller uses", async () => {
    const fixture = await OmadaFixture.start();
    const { omada } = fixture;

    await fixture.query("sites");

    const [request, call] = omada.server.journal;
    const { omadacId, clientId: client_id, clientSecret: client_secret } = omada;
    assert.equal(request?.query.toString(), "grant_type=client_credentials");
    assert.deepEqual(fixture.signInRequests(), ["token client_credentials"]);
    assert.deepEqual(bodyOf(request), { omadacId, client_id, client_secret });
    assert.match(call?.headers["authorization"] ?? "", /^AccessToken=AT-\w+$/);
  });

  it("takes three steps as a user, login, code and token, and sends the controller's id in the first two only", async () => {
    const fixture = await OmadaFixture.start({}, asUser);
    const { omada } = fixture;

    await fixture.query("users");

    const [login, code, token] = omada.server.journal;
    const { omadacId, clientId: client_id, clientSecret: client_secret, username, password } = omada;
    const identity = { client_id, omadac_id: omadacId };
    assert.deepEqual(
      [login, code, token].map((request) => [request?.path.split("/").at(-1), bodyOf(request)]),
      [
        ["login", { username, password }],
        ["code", null],
        ["token", { client_id, client_secret }],
      ],
    );
    assert.deepEqual(Object.fromEntries(login?.query ?? []), identity);
    assert.deepEqual(Object.fromEntries(code?.query ?? []), { ...identity, response_type: "code" });
    assert.equal(token?.query.get("grant_type"), "authorization_code");
  });

  it("gives a user permissions that an application does not have", async () => {
    const [application, user] = [await OmadaFixture.start(), await OmadaFixture.start({}, asUser)];

    const [error, { names }] = [await application.queryError("users"), await user.query("users")];

    assert.deepEqual([error.code, error.details.vendorCode], ["forbidden", -44118]);
    assert.deepEqual(names, ["harbourmaster"]);
  });

  it("discovers the controller's id once for all concurrent calls, and caches it", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });

    await Promise.all([1, 2, 3, 4].map(() => fixture.query("sites")));
    await fixture.query("sites");

    assert.equal(fixture.omada.calls(/^GET \/api\/info$/), 1);
    assert.deepEqual(fixture.signInRequests(), ["info", "token client_credentials"]);
  });

  it("rejects an aborted call that waits for the id, and lets the others wait on", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    fixture.omada.server.injectFault({ kind: "hang" }, { times: 9 });
    const query = { method: "GET", path: "sites", site: "", params: {}, all: true, limit: 0 } as const;

    const aborted = fixture.client.query(query, { signal: AbortSignal.timeout(20) });
    const waiting = fixture.queryError("sites");

    await assert.rejects(aborted, { name: "TimeoutError" });
    await fixture.close();
    assert.equal((await waiting).code, "cancelled");
  });

  it("discovers the id again when the controller was restored under another one", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    await fixture.query(LED, { site: "Harbour" });
    fixture.clock.at += 120_000;
    fixture.omada.restoreUnder("f".repeat(32));
    fixture.omada.invalidateTokens();

    const results = await Promise.all([1, 2, 3].map(() => fixture.query(LED, { site: "Harbour" })));

    assert.deepEqual(results[2]?.payload, { enable: true });
    // The token of the former id is refused once.
    assert.deepEqual([fixture.omada.calls(/^GET \/api\/info$/), fixture.omada.calls(/sites$/)], [2, 3]);
  });

  it("discovers the id again for the sign-in of a user", async () => {
    const fixture = await OmadaFixture.start({}, (omada) => ({ ...asUser(omada), omadacId: "" }));
    await fixture.query("sites");
    fixture.clock.at += 120_000;
    fixture.omada.restoreUnder("f".repeat(32));

    await fixture.query("sites");

    assert.equal(fixture.omada.calls(/^GET \/api\/info$/), 2);
  });

  it("sends no command again when the id is outdated, and discovers it again with the next one", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    const command = { method: "PUT", path: LED, site: "Harbour", params: {}, body: { enable: false } } as const;
    const send = () => fixture.client.command({ ...command, isBodySet: true, confirm: false });
    await send();
    fixture.clock.at += 120_000;
    fixture.omada.restoreUnder("f".repeat(32));

    const error = await platformErrorOf(send());
    const puts = fixture.omada.calls(/^PUT /);
    await send();

    assert.deepEqual([error.details.vendorCode, puts, fixture.omada.calls(/^PUT /)], [-7131, 2, 3]);
  });

  it("asks for the id once a minute at most where the controller does not know a path", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    await fixture.query("sites");
    fixture.clock.at += 120_000;
    fixture.respondWith(/nowhere$/, { body: { errorCode: -7131, msg: "Controller ID not exist" } }, 9);

    for (let message = 0; message < 3; message++) await fixture.queryError("nowhere");

    assert.deepEqual([fixture.omada.calls(/^GET \/api\/info$/), fixture.omada.calls(/nowhere$/)], [2, 4]);
  });

  it("does not discover an id that is configured", async () => {
    const fixture = await OmadaFixture.start();

    await fixture.query("sites");

    assert.equal(fixture.omada.calls(/info/), 0);
  });

  for (const [what, response] of Object.entries({
    "HTTP 404": { status: 404, body: "" },
    "HTTP 401": { status: 401, body: "" },
    "an error about the token": { body: { errorCode: -44113, msg: "no" } },
    "HTTP 403": { status: 403, body: "" },
    "no id": { body: { errorCode: 0, result: {} } },
  })) {
    it(`asks for the id in the settings if the discovery receives ${what}`, async () => {
      const fixture = await OmadaFixture.start({}, { omadacId: "" });
      fixture.respondWith(/info$/, response);

      const error = await fixture.queryError("sites");

      assert.equal(error.code, "config");
      assert.match(error.message, /enter the Omada ID in the config node/);
    });
  }

  for (const [what, response, sentence] of [
    ["a web page", { headers: { "content-type": "text/html" }, body: "<html></html>" }, /web page/],
    ["HTTP 500", { status: 500, body: "oops" }, /HTTP 500/],
    [
      "a redirect to https",
      { status: 302, headers: { location: "https://controller.example:8043/" }, body: "" },
      /begin the server address with https/,
    ],
    ["a redirect elsewhere", { status: 302, headers: { location: "/login" }, body: "" }, /redirect/],
    [
      "what a TLS port responds to plain http",
      { status: 400, body: "Bad Request\r\nThis combination of host and port requires TLS.\r\n" },
      /begin the server address with https/,
    ],
  ] as const) {
    it(`says what is wrong with the address if the discovery receives ${what}`, async () => {
      const fixture = await OmadaFixture.start({}, { omadacId: "" });
      fixture.respondWith(/info$/, response);

      const error = await fixture.queryError("sites");

      assert.equal(error.code, "protocol");
      assert.match(error.message, sentence);
      assert.doesNotMatch(error.message, /controller\.example|Omada ID/);
    });
  }

  it("says of its version what the controller said, although that was about a sign-in", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    fixture.respondWith(/info$/, { status: 401, body: "" });

    const error = await platformErrorOf(fixture.client.info());

    assert.equal(error.code, "sign-in");
    assert.match(error.message, /HTTP 401/);
  });

  for (const omadacId of ["a/b", "../x", "id with spaces", "https://192.168.1.2:8043/0123", "%2e%2e"]) {
    it(`refuses the Omada ID "${omadacId}" of the settings`, async () => {
      const error = await platformErrorOf(OmadaFixture.start({}, { omadacId }));

      assert.equal(error.code, "config");
      assert.match(error.message, /^The Omada ID has letters and digits only\./);
    });
  }

  it("does not put an id into a path that cannot be one, whatever the server reveals", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    fixture.respondWith(/info$/, { body: { errorCode: 0, result: { omadacId: "../../admin" } } });

    const error = await fixture.queryError("sites");

    assert.equal(error.code, "protocol");
    assert.deepEqual(
      fixture.omada.server.journal.map(({ path }) => path),
      ["/api/info"],
    );
  });

  it("discovers the id with the next call after a network error", async () => {
    const fixture = await OmadaFixture.start({}, { omadacId: "" });
    fixture.omada.server.injectFault({ kind: "reset" }, { times: 3 });
    const error = await fixture.queryError("sites");

    const { names } = await fixture.query("sites");

    assert.equal(error.code, "network");
    assert.deepEqual(names, ["Harbour", "Depot"]);
  });

  it("adds the path prefix of a reverse proxy to every request", async () => {
    const fixture = await OmadaFixture.start({ prefix: "/behind/proxy" }, { omadacId: "" });

    await fixture.query(LED, { site: "Harbour" });

    const paths = fixture.omada.server.journal.map(({ path }) => path);
    assert.ok(paths.length === 4 && paths.every((path) => path.startsWith("/behind/proxy/")), String(paths));
  });

  it("lists the customers of a service provider, and the sites of all of them", async () => {
    const fixture = await OmadaFixture.start({ msp: true });

    const customers = await fixture.query("msp/{mspId}/customers");
    const sites = await fixture.query("msp/{mspId}/sites");

    assert.equal((customers.payload as object[]).length, 2);
    assert.deepEqual(sites.names, ["Harbour", "Depot", "Lighthouse", "Boatyard"]);
    assert.deepEqual(
      fixture.requests().map((request) => request.split("?")[0]),
      ["GET v1/msp/{id}/customers", "GET v1/msp/{id}/sites"],
    );
  });

  it("lists the sites of one customer with the customer's id", async () => {
    const fixture = await OmadaFixture.start({ msp: true }, (omada) => {
      return { omadacId: omada.customers[0]?.customerId ?? "" };
    });

    const { names } = await fixture.query("sites");

    assert.deepEqual(names, ["Lighthouse"]);
  });

  const complete = { clientId: "id", clientSecret: "secret", username: "user", password: "password" };
  for (const [what, settings] of [
    ["a client id", { ...complete, clientId: "" }],
    ["a client secret", { ...complete, clientSecret: "" }],
    ["a user name in mode code", { ...complete, mode: "code", username: "" }],
    ["a password in mode code", { ...complete, mode: "code", password: "" }],
  ] as const) {
    it(`fails to create a client without ${what}`, async () => {
      const creating = OmadaFixture.start({}, settings);

      await assert.rejects(creating, (error) => isPlatformError(error, "config"));
    });
  }
});
