import assert from "node:assert/strict";
import { peplinkRouter } from "../support/harness/platforms";
import { deploy, dialogInput, post } from "./admin-fixture";

describe("The API clients of a router", () => {
  it("are listed without their secrets, and revoked, by an admin user who is signed out again", async () => {
    const { router, config } = await peplinkRouter();
    const red = await deploy();
    const admin = { username: router.username, password: router.password };
    const { clientSecret: _, ...old } = router.addClient("old script", "api");
    const input = (more: object): object => dialogInput(config, { admin, ...more });

    const listed = await post(red, "peplink-router/clients", input({}));
    const left = await post(red, "peplink-router/revoke", input({ clientId: old.clientId }));
    const again = await post(red, "peplink-router/revoke", input({ clientId: old.clientId }));
    const none = await post(red, "peplink-router/revoke", input({}));

    const clients = listed["clients"] as { clientId: string; name: string; scope: string; createdAt: string }[];
    const found = clients.find(({ clientId }) => clientId === old.clientId);
    assert.deepEqual([found?.name, found?.scope], ["old script", "api"]);
    assert.match(found?.createdAt ?? "", /^\d{4}-/);
    assert.ok(!(left["clients"] as typeof clients).some(({ clientId }) => clientId === old.clientId));
    assert.deepEqual([again.error?.code, none.error?.code], ["rejected", "input"]);
    for (const secret of router.secrets()) assert.ok(!JSON.stringify([listed, left]).includes(secret));
    assert.equal(router.calls("logout"), 3, "also after the one that was rejected");
  });

  it("are not shown to whoever is no admin user", async () => {
    const { router, config } = await peplinkRouter();
    const red = await deploy();

    const { error } = await post(
      red,
      "peplink-router/clients",
      dialogInput(config, { admin: { username: router.username, password: "wrong" } }),
    );

    assert.equal(error?.code, "sign-in");
  });
});
