import assert from "node:assert/strict";
import { FakeClock } from "../../../support/fake-clock";
import { fetchRefreshToken } from "../../../support/harness/kasa-flow";
import { rejectsWith } from "../../../support/http-fixture";
import { createClient, setUp } from "./fixture";

describe("The session of TP-Link's second cloud", () => {
  for (const refusal of ["status", "body"] as const) {
    describe(`where a token is refused by the ${refusal}`, () => {
      it("is the account's own where its app type is accepted", async () => {
        const { client, kasa, cloud } = await setUp();
        cloud.refusal = refusal;
        await client.devices();
        await client.control.set("Stairs", "", { on: true }, {});

        assert.equal(kasa.signIns(), 1);
      });

      it("costs one sign-in as Tapo_Android where a live token is refused, however many calls need it", async () => {
        const { client, kasa, cloud } = await setUp();
        Object.assign(cloud, { refusal, appTypes: ["Tapo_Android"] });

        await Promise.all(["Stairs", "Reading lamp", "Stairs"].map((name) => client.control.state(name, "", {})));

        assert.deepEqual([kasa.loginAttempts(), kasa.calls("refreshToken")], [2, 0]);
        const [first = "", second = ""] = kasa.server.journal.flatMap(({ body }) =>
          /"login"/.test(body) ? [body] : [],
        );
        assert.match(first, /"Kasa_Android".*"terminal-1"/);
        assert.match(second, /"Tapo_Android".*"terminal-1"/);
      });

      it("renews a token that was accepted before, and signs in no second time", async () => {
        const { client, kasa, cloud } = await setUp();
        cloud.refusal = refusal;
        await client.control.state("Stairs", "", {});
        kasa.expireTokens();

        await client.control.state("Stairs", "", {});

        assert.deepEqual([kasa.loginAttempts(), kasa.calls("refreshToken")], [1, 1]);
      });

      it("renews its own token where it has one", async () => {
        const { client, kasa, cloud } = await setUp();
        Object.assign(cloud, { refusal, appTypes: ["Tapo_Android"] });
        await client.control.state("Stairs", "", {});
        kasa.expireTokens();

        await client.control.state("Stairs", "", {});

        const apps = kasa.server.journal.flatMap(({ body }) => (/"refreshToken","params"/.test(body) ? [body] : []));
        assert.equal(kasa.loginAttempts(), 2);
        assert.equal(apps.length, 1);
        assert.match(apps.join(), /"Tapo_Android"/);
      });

      it("is no loop where every token is refused", async () => {
        const { client, kasa, cloud } = await setUp();
        Object.assign(cloud, { refusal, appTypes: [] });

        for (let message = 0; message < 5; message++)
          await rejectsWith(client.control.state("Stairs", "", {}), "forbidden");

        assert.deepEqual([kasa.loginAttempts(), kasa.calls("refreshToken")], [2, 0]);
      });
    });
  }

  it("neither renews nor tries a refused token of the Tapo app again and again", async () => {
    const clock = new FakeClock();
    const { client, kasa, cloud } = await setUp({ clock, appType: "Tapo_Android" });
    cloud.appTypes = [];

    for (let minute = 0; minute < 10; minute++) {
      await rejectsWith(client.control.state("Stairs", "", {}), "forbidden");
      await clock.advance(61_000);
    }

    assert.deepEqual([kasa.loginAttempts(), kasa.calls("refreshToken")], [1, 0]);
    assert.equal(cloud.requests().length, 1);
  });

  it("says what to enter where there is no password to sign in with", async () => {
    const { kasa, cloud } = await setUp();
    cloud.appTypes = ["Tapo_Android"];
    const refreshToken = await fetchRefreshToken(kasa, "terminal-1");
    const client = createClient(kasa, cloud, { password: "", refreshToken });

    const error = await rejectsWith(client.control.state("Stairs", "", {}), "sign-in");

    assert.match(error.message, /Enter its password, or a refresh token .*Tapo_Android/);
    assert.equal((await client.devices()).length, kasa.devices.length);
    assert.equal(kasa.loginAttempts(), 0);
  });

  it("goes on with the session of an earlier client", async () => {
    const { client, kasa, cloud, create } = await setUp();
    cloud.appTypes = ["Tapo_Android"];
    await client.control.state("Stairs", "", {});

    await create().control.state("Stairs", "", {});

    assert.equal(kasa.signIns(), 2);
  });

  for (const status of [403, 408, 429] as const) {
    it(`does not sign in again after HTTP ${status}`, async () => {
      const { client, kasa, cloud } = await setUp();
      await client.devices();
      const headers = { "retry-after": "60" };
      cloud.server.injectFault({ kind: "response", status, headers, body: "" }, { times: 20 });

      await assert.rejects(client.control.state("Stairs", "", {}));

      assert.equal(kasa.signIns(), 1);
    });
  }

  for (const cidStatus of [401, 403] as const) {
    it(`takes HTTP ${cidStatus} for a faulty app-cid for no refusal of the token`, async () => {
      const { client, kasa, cloud } = await setUp({ terminalUUID: "terminal-1" });
      cloud.cidStatus = cidStatus;
      await client.devices();
      cloud.server.onRequest = ({ headers }) => delete headers["app-cid"];

      await rejectsWith(client.control.state("Stairs", "", {}), "forbidden");

      assert.equal(kasa.signIns(), 1);
    });
  }

  it("renews a token that is refused by the number of the status inside a success", async () => {
    const { client, kasa, cloud } = await setUp();
    await client.control.state("Stairs", "", {});
    cloud.server.injectFault({ kind: "response", body: { code: 401, message: "Unauthorized", data: null } });

    assert.equal((await client.control.state("Stairs", "", {})).on, false);

    assert.deepEqual([kasa.loginAttempts(), kasa.calls("refreshToken")], [1, 1]);
  });

  it("sends a refused password no second time", async () => {
    const { client, kasa, cloud } = await setUp();
    cloud.appTypes = ["Tapo_Android"];
    await client.signIn(false);
    kasa.requireTwoStep = true;
    for (let message = 0; message < 3; message++) await rejectsWith(client.control.state("Stairs", "", {}), "sign-in");
    assert.equal(kasa.loginAttempts(), 2);
    kasa.requireTwoStep = false;

    await client.signIn(true);

    assert.equal((await client.control.state("Stairs", "", {})).on, false);
  });

  it("sends the token in its header and the terminal beside it, and the token nowhere else", async () => {
    const { client, kasa, cloud } = await setUp();
    await client.control.set("Stairs", "", { on: true }, {});

    const [token = ""] = kasa.liveTokens();
    for (const { headers, target, body } of cloud.server.journal) {
      assert.equal(headers["authorization"], `ut|${token}`);
      assert.match(headers["app-cid"] ?? "", /^app:[\w-]+:terminal-1$/);
      assert.ok(!`${target}${body}`.includes(token));
    }
  });
});
