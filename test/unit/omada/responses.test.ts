import assert from "node:assert/strict";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { OmadaClient } from "../../../src/omada/client";
import { closeAfterTest } from "../../support/mocha-hooks";
import { OmadaFixture } from "../../support/omada-fixture";

const LED = "sites/{siteId}/led";

/** The error of a query that receives this response. */
async function errorFor(response: { status?: number; headers?: Record<string, string>; body?: unknown }) {
  const fixture = await OmadaFixture.start();
  fixture.respondWith(/led$/, response, 2);
  const { siteId } = fixture.omada.site("Harbour");
  return { fixture, error: await fixture.queryError(LED, { site: siteId }) };
}

describe("A response to the Omada client", () => {
  const numbersByCode: Record<string, number[]> = {
    "sign-in": [-44106, -44107, -44108, -44109, -44110, -44111, -44112, -44113, -44114, -44116, -1200, -30165],
    config: [-7131],
    forbidden: [-1005, -1007, -1505, -44118],
    "not-found": [-1300, -33000, -39006, -39050, -39303, -39501, -39700, -39701, -41002, -41004, -41011, -44202],
    rejected: [-1, -1001, -1004, -1619, -1620, -39737, -40205, -41003, -41023, -41024, -41026, -44200, -44201, -44203],
    unsupported: [-1600, -39747, -44119],
    offline: [-39005, -39007, -39012],
    busy: [-1501, -7132, -30028, -33004, -33011, -39008, -39009, -39010, -39011],
  };
  for (const [code, numbers] of Object.entries(numbersByCode)) {
    for (const number of numbers) {
      it(`with the number ${number} is an error with the code "${code}"`, async () => {
        const { error } = await errorFor({ body: { errorCode: number, msg: "Vendor message." } });

        const { vendorCode, vendorMessage, statusCode } = error.details;
        assert.deepEqual([error.code, vendorCode, vendorMessage, statusCode], [code, number, "Vendor message.", 200]);
        assert.match(error.message, new RegExp(`\\S .*\\. \\(${number}\\)$`));
      });
    }
  }

  it("with an unknown number is rejected with the controller's message", async () => {
    const { error } = await errorFor({ body: { errorCode: -99_999, msg: "The moon is full." } });

    assert.equal(error.code, "rejected");
    assert.equal(error.message, "The controller declined: The moon is full. (-99999)");
  });

  it("with an unknown number and no valid message is rejected as well", async () => {
    const errors = [
      (await errorFor({ body: { errorCode: -99_999 } })).error,
      (await errorFor({ body: { errorCode: -99_999, msg: null } })).error,
    ];

    for (const error of errors) {
      assert.equal(error.message, "The controller declined. (-99999)");
      assert.deepEqual(error.details, { vendorCode: -99_999, statusCode: 200 });
    }
  });

  it("that the controller is busy is not retried", async () => {
    const { fixture } = await errorFor({ body: { errorCode: -30028, msg: "busy" } });

    assert.equal(fixture.omada.calls(/led$/), 1);
  });

  it("without a content type is parsed as JSON", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/led$/, { headers: { "content-type": "" }, body: '{"errorCode":0,"result":{"enable":true}}' });

    const { payload } = await fixture.query(LED, { site: "Harbour" });

    assert.deepEqual(payload, { enable: true });
  });

  it("with an error number is translated by it, whatever the HTTP status", async () => {
    const { error } = await errorFor({ status: 500, body: { errorCode: -7131, msg: "Controller ID not exist." } });

    assert.deepEqual([error.code, error.details.statusCode], ["config", 500]);
  });

  it("about an unknown controller id has no content type, and is translated", async () => {
    const fixture = await OmadaFixture.start();
    const path = `/openapi/v1/${"0".repeat(32)}/sites`;

    const error = await fixture.queryError(path);

    assert.deepEqual([error.code, error.details.vendorCode], ["config", -7131]);
  });

  it("without a result is null", async () => {
    const fixture = await OmadaFixture.start();
    fixture.respondWith(/led$/, { body: { errorCode: 0, msg: "Success." } });

    const { payload } = await fixture.query(LED, { site: "Harbour" });

    assert.equal(payload, null);
  });

  for (const [what, response, code] of [
    ["HTML in HTTP 200", { body: "<!doctype html><title>Sign in</title>" }, "protocol"],
    ["an empty HTTP 200", { body: "" }, "protocol"],
    ["cut JSON", { body: '{"errorCode":0,"resu' }, "protocol"],
    ["an array", { body: "[]" }, "protocol"],
    ["null", { body: "null" }, "protocol"],
    ["an envelope without a number", { body: { msg: "Success." } }, "protocol"],
    ["an envelope whose number is a string", { body: { errorCode: "0" } }, "protocol"],
    ["a redirect", { status: 302, headers: { location: "/login" }, body: "" }, "protocol"],
    ["HTTP 500", { status: 500, body: "" }, "protocol"],
    ["HTTP 400 with text", { status: 400, headers: { "content-type": "text/plain" }, body: "Bad Request" }, "rejected"],
    ["HTTP 400 with JSON", { status: 400, body: { status: 400, error: "Bad Request" } }, "rejected"],
    ["HTTP 403", { status: 403, body: "<html></html>" }, "forbidden"],
    ["HTTP 404", { status: 404, body: { status: 404, error: "Not Found" } }, "not-found"],
    ["HTTP 405", { status: 405, body: "" }, "unsupported"],
    ["HTTP 413", { status: 413, body: "" }, "rejected"],
    ["HTTP 401 twice", { status: 401, body: "" }, "sign-in"],
  ] as const) {
    it(`of ${what} is an error with the code "${code}"`, async () => {
      const { error } = await errorFor(response);

      assert.equal(error.code, code);
      assert.equal(error.details.statusCode, "status" in response ? response.status : 200);
    });
  }

  it("is quoted without secrets, addresses and tokens", async () => {
    const fixture = await OmadaFixture.start({}, ({ username, password }) => ({ mode: "code", username, password }));
    const { omada } = fixture;
    await fixture.query("sites");
    const token = omada.server.journal.at(-1)?.headers["authorization"]?.replace("AccessToken=", "");
    const secrets = [
      omada.clientSecret,
      omada.password,
      token,
      "RT-0123456789abcdef0123456789abcdef",
      "me@example.org",
      omada.url,
    ];
    fixture.respondWith(/led$/, { body: { errorCode: -99_999, msg: `So: ${secrets.join(" ")}` } });

    const error = await fixture.queryError(LED, { site: "Harbour" });

    const shown = JSON.stringify([error.message, error.details]);
    assert.match(shown, /So: \*\*\*/);
    for (const secret of secrets) assert.ok(!shown.includes(secret ?? "?"), secret);
  });
});

describe("The description of a controller", () => {
  it("may take longer than the timeout of a call, and is downloaded once", async () => {
    const { omada, clock } = await OmadaFixture.start();
    const transport = closeAfterTest(new Transport({ timeoutMs: 200, tls: {}, concurrency: 1, clock }));
    const { omadacId, clientId, clientSecret } = omada;
    const settings = { omadacId, mode: "client", clientId, clientSecret, username: "", password: "" } as const;
    const client = new OmadaClient({ server: parseServerAddress(omada.url), ...settings }, transport, clock);
    omada.server.injectFault({ kind: "delay", ms: 700 }, { when: ({ path }) => path === "/v3/api-docs" });

    const { paths } = await client.spec();

    assert.ok(Object.keys(paths).length > 10);
    assert.equal(omada.calls(/api-docs/), 1);
    client.close();
  });
});

describe("An export of a controller", () => {
  for (const headers of [
    { "content-type": "text/csv" },
    { "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "content-type": "text/plain", "content-disposition": 'attachment; filename="a.txt"' },
  ]) {
    it(`is said to be a file, which is not supported: ${headers["content-type"]}`, async () => {
      const { error } = await errorFor({ headers, body: "PK,name" });

      assert.equal(error.code, "unsupported");
      assert.match(error.message, /sent a file, and files are not supported/);
    });
  }
});
