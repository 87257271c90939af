import assert from "node:assert/strict";
import { collectSecrets, isSecretName, maskSecrets, redact } from "../../../src/core/redact";
import { multiply, WIDE } from "../../support/large-values";

describe("A redacted text", () => {
  for (const [what, text, shown] of [
    ["ordinary words", "Incorrect email or password (code -20601).", "Incorrect email or password (code -20601)."],
    ["an e-mail address", "No account owner+home@mail.example.com here", "No account *** here"],
    ["an e-mail address in brackets", "<owner@example.com>", "<***>"],
    ["a URL", "see https://10.0.0.1:8043/openapi?token=abc for more", "see *** for more"],
    ["a URL of any scheme", "at coap+tcp://lamp now", "at *** now"],
    ["what looks like a token", "token 0123456789abcdef01234567 expired", "token *** expired"],
    ["a token with dashes", "id 89AB-cdef_0123456789-abcdefgh.", "id ***."],
    ["a long word without digits", "Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtsgesellschaft"],
    ["control characters", "a\r\n\u0000\u001b[31mb\u007f", "a [31mb"],
    ["half a character", "a\ud800b", "a b"],
    ["an empty text", "", ""],
  ] as const) {
    it(`shows no more of ${what} than it may`, () => assert.equal(redact(text), shown));
  }

  it("contains none of the given secrets, whatever they look like and however often they occur", () => {
    const secrets = ["tiny", "$& (.*)", undefined, "", "a b"];
    assert.equal(redact("tiny is not tiny, $& (.*) and a b", secrets), "*** is not ***, *** and ***");
  });

  it("contains no given secret in the spelling of a body or a query", () => {
    const secret = 'a "b" \\ ü';
    const quoted = `refused {"password":${JSON.stringify(secret)}} of ?p=${encodeURIComponent(secret)}`;
    assert.equal(redact(quoted, [secret, "\ud800 half"]), 'refused {"password":"***"} of ?p=***');
  });

  it("is not masked because of a secret of a letter or two", () => {
    assert.equal(redact("a banana at home", ["a", "an"]), "a banana at home");
  });

  it("contains no rest of a secret that contains another one", () => {
    assert.equal(redact("wrong: pass1word", ["pass1", "pass1word"]), "wrong: ***");
  });

  it("contains no part of a secret that was cut off with the end", () => {
    const text = `https://${"x".repeat(1980)} open sesame`;
    assert.equal(redact(text, ["open sesame"]), "*** ***");
  });

  it("is short, and ends with a whole character", () => {
    assert.equal(redact("word ".repeat(1000)).length, 199);
    assert.ok(redact(`${"ab ".repeat(66)}a${"😀".repeat(20)}`).isWellFormed());
  });

  it("takes linear time, however long and adverse the text is", () => {
    // A quadratic pattern would take days, so that the test would time out.
    for (const text of ["a".repeat(1e7), "a@".repeat(5e6), "a:".repeat(5e6), "-".repeat(1e7), "\u0000".repeat(1e7)]) {
      assert.ok(redact(text, ["secret"]).length <= text.length);
    }
  });
});

describe("A property name", () => {
  for (const name of [
    "password",
    "adminPassword",
    "wpa_passphrase",
    "passwd",
    "clientSecret",
    "client_secret",
    "accessToken",
    "TOKEN",
    "psk",
    "preSharedKey",
    "privateKey",
    "snmpCommunity",
    "key",
    "apiKey",
    "securityKey",
    "passcode",
    "adminPwd",
    "pin",
    "simPin",
    "sim_pin",
    "puk",
    "pinCode",
    "wepKey1",
    "keys",
    "authPass",
  ]) {
    it(`"${name}" stands for a secret`, () => assert.equal(isSecretName(name), true));
  }

  for (const name of [
    "name",
    "mac",
    "publicKey",
    "tokenType",
    "keyword",
    "keyIndex",
    "ssid",
    "pinned",
    "ping",
    "bypass",
    "keySize",
  ]) {
    it(`"${name}" does not stand for a secret`, () => assert.equal(isSecretName(name), false));
  }
});

describe("Masking secrets", () => {
  it("replaces the secrets that are set at any depth, and nothing else", () => {
    const router = {
      name: "home",
      adminPassword: "sesame",
      pin: { simPassword: 1234, tries: 3 },
      ssids: [{ ssid: "home", security: { passphrase: "open sesame", method: "wpa2" } }],
      sharedKey: ["one", "", 2, { deep: 1, token: "x" }],
      psk: { value: "sesame", list: ["x", ""], retries: 3, on: true, old: { code: 7, pin: 1234 } },
    };
    assert.deepEqual(maskSecrets(router), {
      name: "home",
      adminPassword: "***",
      pin: { simPassword: "***", tries: 3 },
      ssids: [{ ssid: "home", security: { passphrase: "***", method: "wpa2" } }],
      sharedKey: ["***", "", "***", { deep: 1, token: "***" }],
      psk: { value: "***", list: ["***", ""], retries: 3, on: true, old: { code: 7, pin: "***" } },
    });
  });

  it("shows whether a secret is set", () => {
    const unset = { password: "", token: null, psk: false, secret: undefined };
    assert.deepEqual(maskSecrets(unset), unset);
  });

  it("copies nothing", () => {
    const value = { a: { password: "sesame" }, list: [{ key: "k" }] };
    const { a, list } = value;
    assert.equal(maskSecrets(value), value);
    assert.deepEqual([value.a, value.list, a.password], [a, list, "***"]);
  });

  it("shows nothing of what is nested more deeply than the stack allows", () => {
    let deep: unknown = { password: "sesame", name: "sesame" };
    for (let depth = 0; depth < 100_000; depth++) deep = depth % 2 ? [deep] : { deep };
    assert.doesNotMatch(JSON.stringify(maskSecrets(deep)), /sesame/);
  });

  it("accepts any value", () => {
    for (const value of [undefined, null, 0, "", "text", true, []]) assert.deepEqual(maskSecrets(value), value);
  });
});

describe("The secrets that are collected from a request", () => {
  it("are all texts and numbers under secret names at any depth", () => {
    const request = {
      query: { accessToken: "a", id: "1" },
      body: { list: [{ id: 1, security: { key: "b", mode: "wpa2" } }], psk: { value: "c", old: ["d", 5] }, pin: 1234 },
    };
    assert.deepEqual(collectSecrets(request).toSorted(), ["1234", "5", "a", "b", "c", "d"]);
  });

  it("are found in any value, even if it refers to itself or is nested very deeply", () => {
    const ring: Record<string, unknown> = { key: "a" };
    ring["self"] = ring;
    let deep: object = { key: "b" };
    for (let depth = 0; depth < 100_000; depth++) deep = { deep };
    assert.deepEqual(collectSecrets([ring, deep, null, undefined, "text", 1, Symbol("s")]).toSorted(), ["a", "b"]);
  });
});

describe("Secrets without a bound", () => {
  it("are found once each, however often they are referred to", () => {
    assert.deepEqual(collectSecrets(multiply({ password: "sesame" })), ["sesame"]);
    assert.deepEqual(collectSecrets([WIDE, { password: "sesame" }]), ["sesame"]);
  });

  it("are found under a secret name although the same object is under another one", () => {
    const shared = { value: "sesame" };
    for (const value of [
      { shared, password: shared },
      { password: shared, shared },
    ])
      assert.deepEqual(collectSecrets(value), ["sesame"]);
  });

  it("let nothing be shown of a text that cannot be searched for all of them", () => {
    const secrets = Array.from({ length: 100_000 }, (_, index) => `secret ${index}`);
    assert.equal(redact("x".repeat(16_000_000), secrets), "***");
    assert.equal(redact("", secrets), "");
  });

  it("are searched for in the part of a text that is shown, and in no part of it cut", () => {
    const secrets = Array.from({ length: 2000 }, (_, index) => `open sesame ${index}`);
    const text = `${"open sesame 1999 ".repeat(1000)}${"x ".repeat(8_000_000)}`;
    assert.match(redact(text, secrets), /^(\*\*\* )+\*{0,3}$/);
    assert.doesNotMatch(redact("sesame".repeat(50_000), ["sesame".repeat(50)]), /[a-z]/);
  });
});
