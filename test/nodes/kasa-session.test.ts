import assert from "node:assert/strict";
import { apiOf, calledMethods, rowsOf } from "../support/harness/kasa-flow";
import type { Json } from "../support/simulators/kasa/firmware";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

const isCall = ({ body }: { body: string }): boolean => body.includes('"getDeviceList"');

describe("the session of a kasa-account", () => {
  afterEach(assertNoSecretLeaked);

  it("signs in once for three hundred messages at the same time", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 64 } });

    for (let count = 0; count < 300; count++) red.inject(count % 3 ? "list" : "login", {});
    await red.until(() => red.ended("list") + red.ended("login") === 300);

    assert.deepEqual([red.sent("list").length, red.sent("login").length, red.caught().length], [200, 100, 0]);
    assert.deepEqual([cloud.loginAttempts(), cloud.signIns(), cloud.calls("getDeviceList")], [1, 1, 200]);
  });

  it("renews an expired token once and repeats the call, unnoticed by the flow", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("list");
    cloud.expireTokens();

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.deepEqual(calledMethods(cloud).slice(2), ["getDeviceList", "refreshToken", "getDeviceList"]);
    assert.equal(apiOf(msg)["attempts"], 2);
  });

  it("renews a token that another sign-in has displaced", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("list");
    cloud.displaceTokens();

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.deepEqual(calledMethods(cloud).slice(2), ["getDeviceList", "refreshToken", "getDeviceList"]);
  });

  it("renews an expired token once for a hundred messages and all their devices", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 32 }, list: { detail: "state" } });
    await red.send("list");
    cloud.expireTokens();
    red.forget();

    for (let count = 0; count < 100; count++) red.inject("list", {});
    await red.until(() => red.ended("list") === 100);

    const states = red.sent("list").flatMap(({ payload }) => (payload as Json[]).map(({ state }) => state));
    assert.equal(states.filter(Boolean).length, 700);
    assert.deepEqual([cloud.signIns(), red.caught().length], [2, 0]);
  });

  it("renews a token that expires while device states are read", async () => {
    const { red, cloud } = await kasaFlow({ list: { detail: "state" } });
    const expired = { error_code: -20652, msg: "Token incorrect" };
    cloud.server.injectFault(
      { kind: "response", body: expired },
      { times: 3, when: ({ body }) => body.includes("passthrough") },
    );

    const { msg } = await red.send("list");

    const states = rowsOf(msg).filter(({ state }) => state);
    assert.deepEqual([states.length, cloud.signIns()], [7, 2]);
  });

  it("signs in with the password if the refresh token has expired as well", async () => {
    const { red, cloud } = await kasaFlow();
    await red.send("list");
    cloud.expireTokens();
    cloud.expireRefreshTokens();

    const { msg } = await red.send("list");

    assert.equal(rowsOf(msg).length, cloud.devices.length);
    assert.deepEqual(calledMethods(cloud).slice(2), ["getDeviceList", "refreshToken", "login", "getDeviceList"]);
  });

  it("fails with `sign-in` if a new token is refused as well", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.refuseEveryToken = true;

    const { error } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["sign-in", -20651]);
    assert.match(error?.message ?? "", /just issued/);
    assert.deepEqual(calledMethods(cloud), ["login", "getDeviceList", "refreshToken", "getDeviceList"]);
  });

  it("points to another client if new tokens are displaced as well", async () => {
    const { red, cloud } = await kasaFlow();
    const displaced = { error_code: -20675, msg: "Account login in other places" };
    cloud.server.injectFault({ kind: "response", body: displaced }, { times: 2, when: isCall });

    const { error } = await red.send("list");

    assert.deepEqual([error?.code, error?.cause["vendorCode"]], ["sign-in", -20675]);
    assert.match(error?.message ?? "", /Another client/);
  });

  it("does not sign in again for a while when new tokens are refused, however many messages come", async () => {
    const { red, cloud } = await kasaFlow();
    cloud.refuseEveryToken = true;
    await red.send("list");
    const before = cloud.signIns();

    for (let count = 0; count < 5; count++) await red.send("list");

    assert.deepEqual([before, cloud.signIns()], [2, 2]);
  });
});
