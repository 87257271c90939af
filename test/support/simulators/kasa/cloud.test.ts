import assert from "node:assert/strict";
import { CloudDevice } from "./devices";
import { Plug, Strip } from "./plugs";
import { errorCodes, setUp, valueAt } from "./test-client";

describe("The simulated Kasa cloud", () => {
  it("accepts a password with special characters", async () => {
    const { cloud, login } = await setUp();
    for (const special of ['"', "\\", "&", "~", "%", " "]) assert.ok(cloud.password.includes(special));

    const { error_code, result } = await login();

    assert.equal(error_code, 0);
    assert.match(String(result?.token), /^.{8}-.{23}$/);
    assert.deepEqual(cloud.liveTokens(), [result?.token]);
    assert.deepEqual([result?.["email"], typeof result?.["accountId"]], [cloud.email, "string"]);
  });

  it("returns a refresh token only on request", async () => {
    const { login } = await setUp();
    const withoutRequest = await login();

    const [asBoolean, asText] = [
      await login({ refreshTokenNeeded: true }),
      await login({ refreshTokenNeeded: "true" }),
    ];

    assert.ok(!("refreshToken" in (withoutRequest.result ?? {})));
    assert.ok(asBoolean.result?.refreshToken && asText.result?.refreshToken);
  });

  it("has different errors for a wrong e-mail address, a wrong password, an unknown app type and a missing parameter", async () => {
    const { login } = await setUp({ email: "someone@example.org", password: "secret" });
    const wrong = [{ cloudUserName: "x@y.z" }, { cloudPassword: "Secret" }, { appType: "Toaster" }];
    const missing = ["cloudUserName", "cloudPassword", "appType", "terminalUUID"].map((name) => ({
      [name]: undefined,
    }));

    const responses = await Promise.all([...wrong, ...missing, { terminalUUID: "" }].map((changes) => login(changes)));

    assert.deepEqual(errorCodes(responses), [-20600, -20601, -23001, -20104, -20104, -20104, -20104, 0]);
    assert.equal(responses[1]?.msg, "Incorrect email or password");
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

  it("resets the count of wrong passwords after the right one", async () => {
    const { login } = await setUp();
    for (let failure = 1; failure <= 9; failure++) await login({ cloudPassword: "guess" });
    await login();

    await login({ cloudPassword: "guess" });

    assert.equal((await login()).error_code, 0);
  });

  it("rejects forms, invalid JSON and JSON that is not an object", async () => {
    const { post } = await setUp();
    const valid = JSON.stringify({ method: "getDeviceList" });

    const form = post(valid, { type: "application/x-www-form-urlencoded" });
    const responses = await Promise.all([form, post('{"method":'), post("null"), post("[]")]);

    assert.deepEqual(errorCodes(responses), [-10100, -10100, -10100, -10100]);
  });

  it("responds to any HTTP method but POST with 405 and plain text", async () => {
    const { cloud } = await setUp();

    const response = await fetch(cloud.url);

    assert.equal(response.status, 405);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    assert.match(await response.text(), /-10000/);
  });

  it("rejects unknown methods, even if their names are properties of every object", async () => {
    const { call, signIn } = await setUp();
    const token = await signIn();

    const responses = await Promise.all([call("logout", { token }), call("constructor", { token })]);

    assert.deepEqual(errorCodes(responses), [-20103, -20103]);
  });

  it("accepts a token in the query or in the parameters, and rejects a missing or a wrong one", async () => {
    const { call, signIn } = await setUp();
    const token = await signIn();
    const attempts = [{ query: `?appName=Kasa_Android&token=${token}` }, { token }, {}, { token: `${token}x` }];

    const responses = await Promise.all(attempts.map(({ query, ...params }) => call("getDeviceList", params, query)));

    assert.deepEqual(errorCodes(responses), [0, 0, -20651, -20651]);
  });

  it("expires or displaces the tokens so far, but not later ones", async () => {
    const { cloud, call, signIn } = await setUp();
    const expired = await signIn();
    cloud.expireTokens();
    const first = await call("getDeviceList", { token: expired });
    const displaced = await signIn();
    cloud.displaceTokens();

    const second = await call("getDeviceList", { token: displaced });

    assert.deepEqual(errorCodes([first, second]), [-20651, -20675]);
    assert.equal((await call("getDeviceList", { token: await signIn() })).error_code, 0);
    assert.equal(cloud.signIns(), 3);
  });

  it("refuses even a new token while `refuseEveryToken` is set", async () => {
    const { cloud, call, signIn } = await setUp();
    cloud.refuseEveryToken = true;

    const response = await call("getDeviceList", { token: await signIn() });

    assert.equal(response.error_code, -20651);
  });

  it("keeps twenty tokens live, and displaces the oldest", async () => {
    const { cloud, call, signIn } = await setUp();
    const oldest = await signIn();
    const second = await signIn();
    for (let more = 3; more <= 20; more++) await signIn();
    const atTwenty = await call("getDeviceList", { token: oldest });

    await signIn();

    assert.equal(atTwenty.error_code, 0);
    assert.equal((await call("getDeviceList", { token: oldest })).error_code, -20675);
    assert.equal((await call("getDeviceList", { token: second })).error_code, 0);
    assert.equal(cloud.liveTokens().length, 20);
  });

  it("refreshes only for the terminal that signed in", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });

    const ownTerminal = await refresh(result?.refreshToken);
    const otherTerminals = [
      await refresh(result?.refreshToken, "two"),
      await refresh("made-up"),
      await refresh(undefined),
    ];

    assert.deepEqual(Object.keys(ownTerminal.result ?? {}), ["token"]);
    assert.deepEqual(errorCodes(otherTerminals), [-20656, -20656, -20104]);
    assert.deepEqual([cloud.signIns(), cloud.loginAttempts(), cloud.calls("refreshToken")], [2, 1, 4]);
  });

  it("expires refresh tokens, and replaces them while `rotateRefreshTokens` is set", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.rotateRefreshTokens = true;

    const rotated = await refresh(result?.refreshToken);

    assert.equal((await refresh(result?.refreshToken)).error_code, -20656);
    cloud.expireRefreshTokens();
    assert.equal((await refresh(rotated.result?.refreshToken)).error_code, -20655);
  });

  it("accepts refresh tokens but no passwords with 2-step verification", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.requireTwoStep = true;

    const [byPassword, byRefresh] = [await login(), await refresh(result?.refreshToken)];

    assert.deepEqual(errorCodes([byPassword, byRefresh]), [-23003, 0]);
    assert.equal((await login({ cloudPassword: "guess" })).error_code, -20601);
  });

  it("limits both logins and refreshes while `limitSignIns` is set", async () => {
    const { cloud, login, refresh } = await setUp();
    const { result } = await login({ refreshTokenNeeded: true });
    cloud.limitSignIns = true;

    const responses = [await login(), await refresh(result?.refreshToken)];

    assert.deepEqual(errorCodes(responses), [-20004, -20004]);
    assert.equal(cloud.signIns(), 1);
  });

  it("nests the error of a login in the result of a success while `nestErrors` is set", async () => {
    const { cloud, login } = await setUp();
    cloud.nestErrors = true;

    const { error_code, result } = await login({ cloudPassword: "guess" });

    assert.equal(error_code, 0);
    assert.deepEqual(result, { errorCode: "-20601", errorMsg: "Incorrect email or password" });
  });

  it("lists every device, with itself as the host unless the device has another one", async () => {
    const { cloud, call, signIn } = await setUp();
    cloud.device(Plug, "Modem").appServerUrl = "https://elsewhere.example";

    const { result } = await call("getDeviceList", { token: await signIn() });

    const [modem, pump] = result?.deviceList ?? [];
    assert.equal(result?.deviceList.length, cloud.devices.length);
    assert.deepEqual(
      [valueAt(modem, "appServerUrl"), valueAt(pump, "appServerUrl")],
      ["https://elsewhere.example", cloud.url],
    );
    assert.deepEqual([valueAt(modem, "status"), valueAt(pump, "status")], [1, 0]);
    assert.match(String(valueAt(modem, "deviceId")), /^[0-9A-F]{40}$/);
  });

  it("lists a Tapo plug with its alias in base64 and never online, and cannot reach it", async () => {
    const { cloud, call, signIn, passthrough } = await setUp();
    const heater = cloud.device(CloudDevice, "Heater");
    heater.alias = "Heizung Küche";

    const { result } = await call("getDeviceList", { token: await signIn() });

    const listed = result?.deviceList.find(({ deviceType }) => deviceType === "SMART.TAPOPLUG");
    assert.equal(Buffer.from(String(valueAt(listed, "alias")), "base64").toString(), "Heizung Küche");
    assert.equal(valueAt(listed, "status"), 0);
    assert.equal((await passthrough(heater, "{}")).error_code, -20571);
  });

  it("passes nothing on to an offline device or a strip's outlet, nor a request that is not JSON as text", async () => {
    const { cloud, call, signIn, passthrough } = await setUp();
    const [strip, pump] = [cloud.device(Strip, "Desk"), cloud.device(Plug, "Garden pump")];
    const outlet = { token: await signIn(), deviceId: strip.outlets[0]?.id, requestData: "{}" };

    const wrongDevice = [await passthrough(pump, "{}"), await call("passthrough", outlet)];
    const wrongRequest = [
      await passthrough(strip, undefined),
      await passthrough(strip, { system: {} }),
      await passthrough(strip, "on"),
    ];

    assert.deepEqual(errorCodes([...wrongDevice, ...wrongRequest]), [-20571, -20580, -20573, -20104, -20104]);
    assert.deepEqual([...strip.commands, ...pump.commands], []);
  });

  it("lists a silent device as online, and a removed one no longer", async () => {
    const { cloud, call, passthrough, signIn } = await setUp();
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    modem.silent = true;
    cloud.remove(freezer);

    const responses = [await passthrough(modem, "{}"), await passthrough(freezer, "{}")];

    assert.deepEqual(errorCodes(responses), [-20002, -20580]);
    const { result } = await call("getDeviceList", { token: await signIn() });
    const listed = result?.deviceList.map(({ alias, status }) => [alias, status]);
    assert.deepEqual(listed?.slice(0, 3), [
      ["Modem", 1],
      ["Garden pump", 0],
      ["<b>Porch</b>", 1],
    ]);
  });

  it("returns the response of a device as text, or as an object for some devices", async () => {
    const { cloud, passthrough } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    const text = await passthrough(modem, '{"system":{"reboot":{"delay":1}}}');
    modem.respondsWithObject = true;

    const object = await passthrough(modem, '{"system":{"reboot":{"delay":1}}}');

    assert.equal(text.result?.responseData, '{"system":{"reboot":{"err_code":0}}}');
    assert.deepEqual(object.result?.responseData, { system: { reboot: { err_code: 0 } } });
  });
});
