import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import type { OmadaSettings } from "../../../src/omada/client";
import { Setting } from "../../support/omada-fixture";
import type { OmadaController } from "../../support/simulators/omada/controller";
import type { RecordedRequest } from "../../support/simulators/simulated-server";

const HOUR = 3_600_000;
const LED = "sites/{siteId}/led";
/** By its id, so that no list of sites is asked for. */
const IN_HARBOUR = { site: "600000000000000000000001" };

/** Settings of somebody who signs in as a user. */
const asUser = ({ username, password }: OmadaController): Partial<OmadaSettings> => ({
  mode: "code",
  username,
  password,
});

const bodyOf = (asked: RecordedRequest | undefined): unknown => JSON.parse(asked?.body || "null");

/** Starts with one call made, and everything that was asked for it forgotten. */
async function signedIn(...how: Parameters<typeof Setting.start>): Promise<Setting> {
  const setting = await Setting.start(...how);
  await setting.read(LED, IN_HARBOUR);
  setting.omada.server.journal.length = 0;
  return setting;
}

describe("The Omada client", () => {
  describe("at the door", () => {
    it("signs in with the application's credentials in the controller's own spelling", async () => {
      const setting = await Setting.start();
      const { omada } = setting;

      await setting.read("sites");

      const [request, call] = omada.server.journal;
      const { omadacId, clientId: client_id, clientSecret: client_secret } = omada;
      assert.equal(request?.query.toString(), "grant_type=client_credentials");
      assert.deepEqual(setting.atTheDoor(), ["token client_credentials"]);
      assert.deepEqual(bodyOf(request), { omadacId, client_id, client_secret });
      assert.match(call?.headers["authorization"] ?? "", /^AccessToken=AT-\w+$/);
    });

    it("signs in as a user by login, code and token, and names the controller in the first two only", async () => {
      const setting = await Setting.start({}, asUser);
      const { omada } = setting;

      await setting.read("users");

      const [login, code, token] = omada.server.journal;
      const { omadacId, clientId: client_id, clientSecret: client_secret, username, password } = omada;
      const who = { client_id, omadac_id: omadacId };
      assert.deepEqual(
        [login, code, token].map((asked) => [asked?.path.split("/").at(-1), bodyOf(asked)]),
        [
          ["login", { username, password }],
          ["code", null],
          ["token", { client_id, client_secret }],
        ],
      );
      assert.deepEqual(Object.fromEntries(login?.query ?? []), who);
      assert.deepEqual(Object.fromEntries(code?.query ?? []), { ...who, response_type: "code" });
      assert.equal(token?.query.get("grant_type"), "authorization_code");
    });

    it("may do as a user what an application may not", async () => {
      const [application, user] = [await Setting.start(), await Setting.start({}, asUser)];

      const [error, { names }] = [await application.failure("users"), await user.read("users")];

      assert.deepEqual([error.code, error.details.vendorCode], ["forbidden", -44118]);
      assert.deepEqual(names, ["harbourmaster"]);
    });

    it("discovers the controller's id once for all who wait, and does not ask again", async () => {
      const setting = await Setting.start({}, { omadacId: "" });

      await Promise.all([1, 2, 3, 4].map(() => setting.read("sites")));
      await setting.read("sites");

      assert.equal(setting.omada.calls(/^GET \/api\/info$/), 1);
      assert.deepEqual(setting.atTheDoor(), ["info", "token client_credentials"]);
    });

    it("lets go of who gives up while it waits for the id, and of nobody else", async () => {
      const setting = await Setting.start({}, { omadacId: "" });
      setting.omada.server.injectFault({ kind: "hang" }, { times: 9 });
      const query = { method: "GET", path: "sites", site: "", params: {}, all: true, limit: 0 } as const;

      const given = setting.client.query(query, { signal: AbortSignal.timeout(20) });
      const patient = setting.failure("sites");

      await assert.rejects(given, { name: "TimeoutError" });
      await setting.close();
      assert.equal((await patient).code, "cancelled");
    });

    it("never asks for an id that was given", async () => {
      const setting = await Setting.start();

      await setting.read("sites");

      assert.equal(setting.omada.calls(/info/), 0);
    });

    for (const [what, answer] of Object.entries({
      "HTTP 404": { status: 404, body: "" },
      "a web page": { headers: { "content-type": "text/html" }, body: "<html></html>" },
      "HTTP 401": { status: 401, body: "" },
      "a refusal of its token": { body: { errorCode: -44113, msg: "no" } },
      "HTTP 403": { status: 403, body: "" },
      "no id": { body: { errorCode: 0, result: {} } },
    })) {
      it(`wants the id in the settings where the discovery gets ${what}`, async () => {
        const setting = await Setting.start({}, { omadacId: "" });
        setting.answering(/info$/, answer);

        const error = await setting.failure("sites");

        assert.equal(error.code, "config");
        assert.match(error.message, /Enter it in the config node/);
      });
    }

    it("discovers the id anew after a failure that passed", async () => {
      const setting = await Setting.start({}, { omadacId: "" });
      setting.omada.server.injectFault({ kind: "reset" }, { times: 3 });
      const error = await setting.failure("sites");

      const { names } = await setting.read("sites");

      assert.equal(error.code, "network");
      assert.deepEqual(names, ["Harbour", "Depot"]);
    });

    it("keeps the path of a reverse proxy before everything that it asks", async () => {
      const setting = await Setting.start({ prefix: "/behind/proxy" }, { omadacId: "" });

      await setting.read(LED, { site: "Harbour" });

      const paths = setting.omada.server.journal.map(({ path }) => path);
      assert.ok(paths.length === 4 && paths.every((path) => path.startsWith("/behind/proxy/")), String(paths));
    });

    it("sees a provider's customers and everyone's sites", async () => {
      const setting = await Setting.start({ msp: true });

      const customers = await setting.read("msp/{mspId}/customers");
      const sites = await setting.read("msp/{mspId}/sites");

      assert.equal((customers.payload as object[]).length, 2);
      assert.deepEqual(sites.names, ["Harbour", "Depot", "Lighthouse", "Boatyard"]);
      assert.deepEqual(
        setting.asked().map((asked) => asked.split("?")[0]),
        ["GET v1/msp/{id}/customers", "GET v1/msp/{id}/sites"],
      );
    });

    it("sees a customer's own sites with the customer's id", async () => {
      const setting = await Setting.start({ msp: true }, (omada) => {
        return { omadacId: omada.customers[0]?.customerId ?? "" };
      });

      const { names } = await setting.read("sites");

      assert.deepEqual(names, ["Lighthouse"]);
    });

    const complete = { clientId: "id", clientSecret: "secret", username: "user", password: "password" };
    for (const [what, settings] of [
      ["a client id", { ...complete, clientId: "" }],
      ["a client secret", { ...complete, clientSecret: "" }],
      ["a user name in mode code", { ...complete, mode: "code", username: "" }],
      ["a password in mode code", { ...complete, mode: "code", password: "" }],
    ] as const) {
      it(`is not made without ${what}`, async () => {
        const making = Setting.start({}, settings);

        await assert.rejects(making, (error) => isPlatformError(error, "config"));
      });
    }
  });

  describe("with its session", () => {
    it("renews a token that has come to its end with the refresh token", async () => {
      const setting = await signedIn();
      setting.clock.at += 2 * HOUR;

      await setting.read(LED, IN_HARBOUR);

      const [request] = setting.omada.server.journal;
      const { clientId: client_id, clientSecret: client_secret } = setting.omada;
      assert.deepEqual(setting.atTheDoor(), ["token refresh_token"]);
      assert.deepEqual(bodyOf(request), { client_id, client_secret });
      assert.equal(setting.omada.calls(/led$/), 1);
    });

    it("signs in anew when the refresh token is refused", async () => {
      const setting = await signedIn();
      setting.omada.expireRefreshTokens();
      setting.clock.at += 2 * HOUR;

      await setting.read(LED, IN_HARBOUR);

      assert.deepEqual(setting.atTheDoor(), ["token refresh_token", "token client_credentials"]);
    });

    it("signs in anew as a user when the refresh token is refused", async () => {
      const setting = await signedIn({}, asUser);
      setting.omada.expireRefreshTokens();
      setting.clock.at += 2 * HOUR;

      await setting.read(LED, IN_HARBOUR);

      assert.deepEqual(setting.atTheDoor(), ["token refresh_token", "login", "code", "token authorization_code"]);
    });

    for (const [what, answer] of Object.entries({
      "HTTP 401": { status: 401, body: "" },
      "HTTP 403": { status: 403, body: "" },
      "HTTP 404": { status: 404, body: "" },
      "a web page": { body: "<html></html>" },
      "a number that nobody knows": { body: { errorCode: -99_999, msg: "?" } },
      "an authorisation that failed": { body: { errorCode: -44116, msg: "?" } },
      "a success without a token": { body: { errorCode: 0, result: {} } },
    })) {
      it(`signs in anew when the refresh token gets ${what}`, async () => {
        const setting = await signedIn();
        setting.answering(/token$/, answer);
        setting.clock.at += 2 * HOUR;

        await setting.read(LED, IN_HARBOUR);

        assert.deepEqual(setting.atTheDoor(), ["token refresh_token", "token client_credentials"]);
        assert.equal(setting.asked().length, 1);
      });
    }

    it("does not sign in anew when nobody answers the refresh token", async () => {
      const setting = await signedIn();
      setting.omada.server.injectFault({ kind: "reset" }, { times: 3 });
      setting.clock.at += 2 * HOUR;

      const error = await setting.failure(LED, IN_HARBOUR);

      assert.equal(error.code, "network");
      assert.deepEqual(new Set(setting.atTheDoor()), new Set(["token refresh_token"]));
    });

    it("renews a little before the end that the controller named, without keeping a call waiting", async () => {
      const setting = await signedIn();
      setting.clock.at += 2 * HOUR - 4 * 60_000;
      setting.omada.server.injectFault({ kind: "delay", ms: 50 }, { when: ({ path }) => path.endsWith("token") });

      await setting.read(LED, IN_HARBOUR);
      const whileRenewing = setting.omada.signIns();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await setting.read(LED, IN_HARBOUR);

      const tokens = setting.omada.server.journal.map(({ headers }) => headers["authorization"]).filter(Boolean);
      assert.deepEqual([whileRenewing, setting.omada.signIns()], [1, 2]);
      assert.equal(new Set(tokens).size, 2);
    });

    it("does not renew before that", async () => {
      const setting = await signedIn();
      setting.clock.at += 2 * HOUR - 6 * 60_000;

      await setting.read(LED, IN_HARBOUR);

      assert.deepEqual(setting.atTheDoor(), []);
    });

    it("goes by the life that the controller names, not by two hours", async () => {
      const setting = await Setting.start();
      setting.omada.expiresIn = 600;
      await setting.read(LED, IN_HARBOUR);
      setting.clock.at += 600_000;

      await setting.read(LED, IN_HARBOUR);

      assert.deepEqual(setting.atTheDoor(), ["token client_credentials", "token refresh_token"]);
      assert.equal(setting.omada.calls(/led$/), 2);
    });

    for (const [what, odd] of Object.entries({
      "no life and no refresh token": {},
      "a life that is no number": { expiresIn: "soon", refreshToken: null },
      "a life of nothing": { expiresIn: null, refreshToken: "" },
      "a life as text, and a refresh token that is none": { expiresIn: "7200", refreshToken: 7 },
    })) {
      it(`takes a token with ${what}`, async () => {
        const setting = await Setting.start();
        setting.answering(/token$/, { body: { errorCode: 0, result: { accessToken: "AT-odd", ...odd } } });
        setting.answering(/led$/, { body: { errorCode: 0, result: { enable: true } } }, 2);

        const answers = [await setting.read(LED, IN_HARBOUR), await setting.read(LED, IN_HARBOUR)];

        assert.deepEqual(
          answers.map(({ payload }) => payload),
          [{ enable: true }, { enable: true }],
        );
        assert.equal(setting.omada.tokenRequests(), 1);
      });
    }

    for (const [what, answer] of Object.entries({
      "-44112 inside HTTP 200": { body: { errorCode: -44112, msg: "expired" } },
      "-44113 inside HTTP 200": { body: { errorCode: -44113, msg: "invalid" } },
      "-44116 inside HTTP 200": { body: { errorCode: -44116, msg: "failed" } },
      "-1200 inside HTTP 200": { body: { errorCode: -1200, msg: "logged out" } },
      "HTTP 401 with a number": { status: 401, body: { errorCode: -44113, msg: "invalid" } },
      "HTTP 401 with a number that nobody knows": { status: 401, body: { errorCode: -99_999, msg: "?" } },
      "HTTP 401 with another body": { status: 401, body: { status: 401, error: "Unauthorized" } },
      "HTTP 401 with a web page": { status: 401, body: "<html></html>" },
      "an empty HTTP 401": { status: 401, body: "" },
    })) {
      it(`renews once and asks once more after ${what}`, async () => {
        const setting = await signedIn();
        setting.answering(/led$/, answer);

        const { payload } = await setting.read(LED, IN_HARBOUR);

        assert.deepEqual(payload, { enable: true });
        assert.deepEqual(setting.atTheDoor(), ["token refresh_token"]);
        assert.equal(setting.asked().length, 2);
      });
    }

    it("calls it an error when a fresh token is refused as well", async () => {
      const setting = await signedIn();
      setting.omada.refuseEveryToken = true;

      const error = await setting.failure(LED, IN_HARBOUR);

      assert.deepEqual([error.code, error.details.vendorCode, error.details.statusCode], ["sign-in", -44112, 200]);
      assert.deepEqual([setting.atTheDoor().length, setting.asked().length], [1, 2]);
    });

    it("renews once for all calls whose token dies at the same time", async () => {
      const setting = await signedIn();
      setting.omada.lastTokenOnly = true;
      setting.omada.expireTokens();

      const readings = await Promise.all(Array.from({ length: 50 }, () => setting.read(LED, IN_HARBOUR)));

      assert.equal(readings.filter(({ payload }) => payload).length, 50);
      assert.deepEqual(setting.atTheDoor(), ["token refresh_token"]);
    });

    it("sends a refused secret once, and again only after a while", async () => {
      const setting = await Setting.start({}, { clientSecret: "wrong" });

      const errors = [await setting.failure("sites"), await setting.failure("sites")];
      const soon = setting.omada.tokenRequests();
      setting.clock.at += HOUR;
      errors.push(await setting.failure("sites"));

      assert.deepEqual(
        errors.map(({ code, details }) => [code, details.vendorCode]),
        Array.from({ length: 3 }, () => ["sign-in", -44106]),
      );
      assert.deepEqual([soon, setting.omada.tokenRequests()], [1, 2]);
    });

    it("does not send a secret again that was refused with the refresh token", async () => {
      const setting = await signedIn();
      setting.omada.clientSecret = "another one";
      setting.omada.expireTokens();

      const errors = [await setting.failure(LED, IN_HARBOUR), await setting.failure(LED, IN_HARBOUR)];

      assert.deepEqual(
        errors.map(({ code, details }) => [code, details.vendorCode]),
        [
          ["sign-in", -44106],
          ["sign-in", -44106],
        ],
      );
      assert.deepEqual(setting.atTheDoor(), ["token refresh_token"]);
    });

    it("sends a refused password once", async () => {
      const setting = await Setting.start({}, (omada) => ({ ...asUser(omada), password: "wrong" }));

      const errors = [await setting.failure("sites"), await setting.failure("sites")];

      assert.deepEqual(
        errors.map(({ code }) => code),
        ["sign-in", "sign-in"],
      );
      assert.match(errors[0]?.message ?? "", /password/);
      assert.deepEqual(setting.atTheDoor(), ["login"]);
    });

    it("says of a code that was lost on its way what happened, and begins again with the next call", async () => {
      const setting = await Setting.start({}, asUser);
      setting.omada.server.injectFault({ kind: "reset" }, { when: ({ path }) => path.endsWith("token") });

      const error = await setting.failure("sites");
      await setting.read("sites");

      assert.equal(error.code, "network");
      const whole = ["login", "code", "token authorization_code"];
      assert.deepEqual(setting.atTheDoor(), [...whole, ...whole]);
    });

    it("gives nobody a token once it is closed", async () => {
      const setting = await signedIn();
      setting.client.close();

      const error = await setting.failure(LED, IN_HARBOUR);

      assert.equal(error.code, "cancelled");
      assert.deepEqual(setting.asked(), []);
    });
  });
});
