import assert from "node:assert/strict";
import { asUser, OmadaFixture } from "../../support/omada-fixture";

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

describe("The Omada client whose sign-in fails", () => {
  it("sends a refused client secret once, and again only after a cool-down", async () => {
    const fixture = await OmadaFixture.start({}, { clientSecret: "wrong" });

    const errors = [await fixture.queryError("sites"), await fixture.queryError("sites")];
    const requestsBefore = fixture.omada.tokenRequests();
    fixture.clock.at += HOUR_MS;
    errors.push(await fixture.queryError("sites"));

    assert.deepEqual(
      errors.map(({ code, details }) => [code, details.vendorCode]),
      Array.from({ length: 3 }, () => ["sign-in", -44106]),
    );
    assert.deepEqual([requestsBefore, fixture.omada.tokenRequests()], [1, 2]);
  });

  it("does not repeat a client secret that was refused together with the refresh token", async () => {
    const fixture = await startSignedIn();
    fixture.omada.clientSecret = "another one";
    fixture.omada.expireTokens();

    const errors = [await fixture.queryError(LED, IN_HARBOUR), await fixture.queryError(LED, IN_HARBOUR)];

    assert.deepEqual(
      errors.map(({ code, details }) => [code, details.vendorCode]),
      [
        ["sign-in", -44106],
        ["sign-in", -44106],
      ],
    );
    assert.deepEqual(fixture.signInRequests(), ["token refresh_token"]);
  });

  it("sends a refused password once", async () => {
    const fixture = await OmadaFixture.start({}, (omada) => ({ ...asUser(omada), password: "wrong" }));

    const errors = [await fixture.queryError("sites"), await fixture.queryError("sites")];

    assert.deepEqual(
      errors.map(({ code }) => code),
      ["sign-in", "sign-in"],
    );
    assert.match(errors[0]?.message ?? "", /password/);
    assert.deepEqual(fixture.signInRequests(), ["login"]);
  });

  for (const [what, response] of Object.entries({
    "-1, a general error": { body: { errorCode: -1, msg: "General error." } },
    "-7131, as an unknown Omada ID": { body: { errorCode: -7131, msg: "Controller ID not exist." } },
    "-1600, as an unknown path": { body: { errorCode: -1600, msg: "Unsupported request path." } },
    "-44116": { body: { errorCode: -44116, msg: "Open API authorized failed." } },
    "an unknown error number": { body: { errorCode: -99_999, msg: "Loading" } },
    "a web page": { body: "<html>Starting</html>" },
    "HTTP 401 and a web page": { status: 401, body: "<html></html>" },
    "HTTP 403": { status: 403, body: "" },
    "HTTP 404": { status: 404, body: "" },
    "HTTP 500": { status: 500, body: "" },
    "no JSON": { body: "{" },
    "no token": { body: { errorCode: 0, result: {} } },
  })) {
    for (const [mode, settings, path] of [
      ["client", {}, /token$/],
      ["code", asUser, /login$/],
    ] as const) {
      it(`rests for a second, then for two, when the sign-in in mode ${mode} receives ${what}`, async () => {
        const fixture = await OmadaFixture.start({}, settings);
        fixture.respondWith(path, response, 2);
        const signIns: number[] = [];
        for (const atMs of [0, 900, 1100, 2900]) {
          fixture.clock.at = atMs;
          await fixture.queryError("sites");
          signIns.push(fixture.signInRequests().length);
        }
        assert.deepEqual(signIns, [1, 1, 2, 2]);

        fixture.clock.at = 3200;

        assert.deepEqual((await fixture.query("sites")).names, ["Harbour", "Depot"]);
      });
    }
  }

  for (const [what, body, settings] of [
    ["-44106", { errorCode: -44106, msg: "The client id or client secret is invalid" }, {}],
    ["-44111", { errorCode: -44111, msg: "The grant type is invalid" }, {}],
    ["an unknown number and a word about the secret", { errorCode: -99_999, msg: "Invalid client secret." }, {}],
    ["-30165", { errorCode: -30165, msg: "Verification is needed." }, asUser],
    ["an unknown number and a word about the password", { errorCode: -30_110, msg: "Wrong password." }, asUser],
    ["an unknown number and a locked account", { errorCode: -30_111, msg: "The account is locked." }, asUser],
  ] as const) {
    it(`does not send credentials again for a quarter of an hour that are refused with ${what}`, async () => {
      const fixture = await OmadaFixture.start({}, settings);
      fixture.respondWith(/token$|login$/, { body }, 2);

      const first = await fixture.queryError("sites");
      fixture.clock.at += 14 * 60_000;
      const later = await fixture.queryError("sites");

      assert.deepEqual([first.code, later.code, fixture.signInRequests().length], ["sign-in", "sign-in", 1]);
    });
  }

  it("says that the account is locked, where that is what the controller says, and not that the password is wrong", async () => {
    const fixture = await OmadaFixture.start({}, asUser);
    fixture.respondWith(/login$/, { body: { errorCode: -30_111, msg: "The account has been locked." } });

    const { message } = await fixture.queryError("sites");

    assert.equal(
      message,
      "The controller has locked this account. Wait until it is unlocked, then check the password in the config node. (-30111)",
    );
  });
});
