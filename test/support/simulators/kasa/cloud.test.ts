import assert from "node:assert/strict";
import { CloudDevice } from "./devices";
import { Plug, Strip } from "./plugs";
import { at, codes, setUp } from "./test-client";

describe("the simulated Kasa cloud", () => {
  it("signs in with a password full of special characters", async () => {
    const { cloud, login } = await setUp();
    for (const special of ['"', "\\", "&", "~", "%", " "]) assert.ok(cloud.password.includes(special));

    const { error_code, result } = await login();

    assert.equal(error_code, 0);
    assert.match(String(result?.token), /^.{8}-.{23}$/);
    assert.deepEqual(cloud.liveTokens(), [result?.token]);
    assert.deepEqual([result?.["email"], typeof result?.["accountId"]], [cloud.email, "string"]);
  });

  it("hands out a refresh token only when one is needed", async () => {
    const { login } = await setUp();
    const without = await login();

    const [asFlag, asWord] = [await login({ refreshTokenNeeded: true }), await login({ refreshTokenNeeded: "true" })];

    assert.ok(!("refreshToken" in (without.result ?? {})));
    assert.ok(asFlag.result?.refreshToken && asWord.result?.refreshToken);
  });

  it("tells a wrong e-mail, a wrong password, an unknown app and a missing parameter apart", async () => {
    const { login } = await setUp({ email: "someone@example.org", password: "secret" });
    const wrong = [{ cloudUserName: "x@y.z" }, { cloudPassword: "Secret" }, { appType: "Toaster" }];
    const missing = ["cloudUserName", "cloudPassword", "appType", "terminalUUID"].map((name) => ({
      [name]: undefined,
    }));

    const replies = await Promise.all([...wrong, ...missing, { terminalUUID: "" }].map((changes) => login(changes)));

    assert.deepEqual(codes(replies), [-20600, -20601, -23001, -20104, -20104, -20104, -20104, 0]);
    assert.equal(replies[1]?.msg, "Incorrect email or password");
  });

  it("locks the account after ten wrong passwords in a row, until it is unlocked", async () => {
    const { cloud, login } = await setUp();
    for (let failure = 1; failure <= 10; failure++) {
      assert.equal((await login({ cloudPassword: "guess" })).error_code, -20601);
    }

    const locked = await login();
    cloud.unlock();

    assert.equal(locked.error_code, -20661);
    assert.equal((await login()).error_code, 0);
    assert.deepEqual([cloud.loginAttempts(), cloud.signIns()], [12, 1]);
  });

  it("forgets wrong passwords once the right one came", async () => {
    const { login } = await setUp();
    for (let failure = 1; failure <= 9; failure++) await login({ cloudPassword: "guess" });
    await login();

    await login({ cloudPassword: "guess" });

    assert.equal((await login()).error_code, 0);
  });

  it("declines forms, broken JSON and bare values as bad JSON", async () => {
    const { post } = await setUp();
    const good = JSON.stringify({ method: "getDeviceList" });

    const form = post(good, { type: "application/x-www-form-urlencoded" });
    const replies = await Promise.all([form, post('{"method":'), post("null"), post("[]")]);

    assert.deepEqual(codes(replies), [-10100, -10100, -10100, -10100]);
  });

  it("answers anything but POST with a plain 405", async () => {
    const { cloud } = await setUp();

    const response = await fetch(cloud.url);

    assert.equal(response.status, 405);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    assert.match(await response.text(), /-10000/);
  });

  it("knows no other methods, whether or not they are words of JavaScript", async () => {
    const { ask, signIn } = await setUp();
    const token = await signIn();

    const replies = await Promise.all([ask("logout", { token }), ask("constructor", { token })]);

    assert.deepEqual(codes(replies), [-20103, -20103]);
  });

  it("takes the token from the query or from the parameters, and nothing else for a token", async () => {
    const { ask, signIn } = await setUp();
    const token = await signIn();
    const attempts = [{ query: `?appName=Kasa_Android&token=${token}` }, { token }, {}, { token: `${token}x` }];

    const replies = await Promise.all(attempts.map(({ query, ...params }) => ask("getDeviceList", params, query)));

    assert.deepEqual(codes(replies), [0, 0, -20651, -20651]);
  });

  it("expires and displaces the tokens so far, but not those that follow", async () => {
    const { cloud, ask, signIn } = await setUp();
    const expired = await signIn();
    cloud.expireTokens();
    const first = await ask("getDeviceList", { token: expired });
    const displaced = await signIn();
    cloud.displaceTokens();

    const second = await ask("getDeviceList", { token: displaced });

    assert.deepEqual(codes([first, second]), [-20651, -20675]);
    assert.equal((await ask("getDeviceList", { token: await signIn() })).error_code, 0);
    assert.equal(cloud.signIns(), 3);
  });

  it("refuses even a fresh token while told to", async () => {
    const { cloud, ask, signIn } = await setUp();
    cloud.refuseEveryToken = true;

    const reply = await ask("getDeviceList", { token: await signIn() });

    assert.equal(reply.error_code, -20651);
  });

  it("keeps twenty tokens alive and displaces the oldest", async () => {
    const { cloud, ask, signIn } = await setUp();
    const oldest = await signIn();
    const second = await signIn();
    for (let more = 3; more <= 20; more++) await signIn();
    const atTwenty = await ask("getDeviceList", { token: oldest });

    await signIn();

    assert.equal(atTwenty.error_code, 0);
    assert.equal((await ask("getDeviceList", { token: oldest })).error_code, -20675);
    assert.equal((await ask("getDeviceList", { token: second })).error_code, 0);
    assert.equal(cloud.liveTokens().length, 20);
  });

  it("refreshes for the terminal that signed in, and for no other", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });

    const mine = await refresh(result?.refreshToken);
    const others = [await refresh(result?.refreshToken, "two"), await refresh("made-up"), await refresh(undefined)];

    assert.deepEqual(Object.keys(mine.result ?? {}), ["token"]);
    assert.deepEqual(codes(others), [-20656, -20656, -20104]);
    assert.deepEqual([cloud.signIns(), cloud.loginAttempts(), cloud.calls("refreshToken")], [2, 1, 4]);
  });

  it("expires refresh tokens, and rotates them when told to", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.rotateRefreshTokens = true;

    const rotated = await refresh(result?.refreshToken);

    assert.equal((await refresh(result?.refreshToken)).error_code, -20656);
    cloud.expireRefreshTokens();
    assert.equal((await refresh(rotated.result?.refreshToken)).error_code, -20655);
  });

  it("lets only refresh tokens in while two-step verification is on", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.requireTwoStep = true;

    const [byPassword, byRefresh] = [await login(), await refresh(result?.refreshToken)];

    assert.deepEqual(codes([byPassword, byRefresh]), [-23003, 0]);
    assert.equal((await login({ cloudPassword: "guess" })).error_code, -20601);
  });

  it("limits sign-ins of both kinds", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.limitSignIns = true;

    const replies = [await login(), await refresh(result?.refreshToken)];

    assert.deepEqual(codes(replies), [-20004, -20004]);
    assert.equal(cloud.signIns(), 1);
  });

  it("can hide the error of a login in the result of a success", async () => {
    const { cloud, login } = await setUp();
    cloud.nestErrors = true;

    const { error_code, result } = await login({ cloudPassword: "guess" });

    assert.equal(error_code, 0);
    assert.deepEqual(result, { errorCode: "-20601", errorMsg: "Incorrect email or password" });
  });

  it("lists every device, itself as the server unless a device says otherwise", async () => {
    const { cloud, ask, signIn } = await setUp();
    cloud.device(Plug, "Modem").appServerUrl = "https://elsewhere.example";

    const { result } = await ask("getDeviceList", { token: await signIn() });

    const [modem, pump] = result?.deviceList ?? [];
    assert.equal(result?.deviceList.length, cloud.devices.length);
    assert.deepEqual([at(modem, "appServerUrl"), at(pump, "appServerUrl")], ["https://elsewhere.example", cloud.url]);
    assert.deepEqual([at(modem, "status"), at(pump, "status")], [1, 0]);
    assert.match(String(at(modem, "deviceId")), /^[0-9A-F]{40}$/);
  });

  it("lists a Tapo plug in base64 and never online, and cannot reach it", async () => {
    const { cloud, ask, signIn, pass } = await setUp();
    const heater = cloud.device(CloudDevice, "Heater");
    heater.alias = "Heizung Küche";

    const { result } = await ask("getDeviceList", { token: await signIn() });

    const listed = result?.deviceList.find(({ deviceType }) => deviceType === "SMART.TAPOPLUG");
    assert.equal(Buffer.from(String(at(listed, "alias")), "base64").toString(), "Heizung Küche");
    assert.equal(at(listed, "status"), 0);
    assert.equal((await pass(heater, "{}")).error_code, -20571);
  });

  it("passes nothing on for an offline device, a strip's outlet, or a request that is no JSON text", async () => {
    const { cloud, ask, signIn, pass } = await setUp();
    const [strip, pump] = [cloud.device(Strip, "Desk"), cloud.device(Plug, "Garden pump")];
    const outlet = { token: await signIn(), deviceId: strip.outlets[0]?.id, requestData: "{}" };

    const wrongDevice = [await pass(pump, "{}"), await ask("passthrough", outlet)];
    const wrongRequest = [await pass(strip, undefined), await pass(strip, { system: {} }), await pass(strip, "on")];

    assert.deepEqual(codes([...wrongDevice, ...wrongRequest]), [-20571, -20580, -20573, -20104, -20104]);
    assert.deepEqual([...strip.commands, ...pump.commands], []);
  });

  it("lists a silent device as online, and no longer one that was removed", async () => {
    const { cloud, ask, pass, signIn } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    modem.silent = true;
    cloud.remove(freezer);

    const answers = [await pass(modem, "{}"), await pass(freezer, "{}")];

    assert.deepEqual(codes(answers), [-20002, -20580]);
    const { result } = await ask("getDeviceList", { token: await signIn() });
    const listed = result?.deviceList.map(({ alias, status }) => [alias, status]);
    assert.deepEqual(listed?.slice(0, 3), [
      ["Modem", 1],
      ["Garden pump", 0],
      ["<b>Porch</b>", 1],
    ]);
  });

  it("hands out the answer as text, or as an object for a device that does so", async () => {
    const { cloud, pass } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const text = await pass(modem, '{"system":{"reboot":{"delay":1}}}');
    modem.answersObjects = true;

    const object = await pass(modem, '{"system":{"reboot":{"delay":1}}}');

    assert.equal(text.result?.responseData, '{"system":{"reboot":{"err_code":0}}}');
    assert.deepEqual(object.result?.responseData, { system: { reboot: { err_code: 0 } } });
  });
});
