import assert from "node:assert/strict";
import { searchOperations, type Purpose } from "../../../../src/omada/openapi/operation-search";
import { findOperationSpec, isReadOperation, type OperationSpec } from "../../../../src/omada/openapi/operation-spec";
import { bundledSpec, parseSpec } from "../../../../src/omada/openapi/spec-parser";
import { expandPath } from "../../../../src/omada/path";
import { OPERATIONS } from "../../../support/simulators/omada/operations";
import { buildSpec } from "../../../support/simulators/omada/spec";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";

const simulatedSpec = (): Promise<OperationSpec[]> => parseSpec(buildSpec("https://10.0.0.2", OPERATIONS));

function find(operations: readonly OperationSpec[], method: string, path: string): OperationSpec {
  return findOperationSpec(operations, method, path) ?? assert.fail(`no ${method} ${path}`);
}

describe("An operation of a controller", () => {
  it("is found by a path whose placeholders are filled or have other names", async () => {
    const operations = await simulatedSpec();
    const idOf = (path: string): string | undefined => findOperationSpec(operations, "GET", expandPath(path))?.id;

    assert.equal(idOf("sites/{siteId}/clients/{mac}"), "getClientDetail");
    assert.equal(idOf("sites/0123456789abcdef01234567/clients/AA-BB-CC-00-11-22"), "getClientDetail");
    assert.equal(idOf("sites/{siteId}/devices/all"), "getAllDeviceBySite");
    assert.equal(idOf("sites/{siteId}/nothing/like/it"), undefined);
    assert.equal(findOperationSpec(operations, "DELETE", expandPath("sites/{siteId}/devices")), undefined);
  });

  it("is found by a literal segment before a placeholder", async () => {
    for (const last of [
      ["all", "{deviceMac}"],
      ["{deviceMac}", "all"],
    ]) {
      const paths = Object.fromEntries(last.map((name) => [`${SITE}/devices/${name}`, { get: { operationId: name } }]));
      const operations = await parseSpec({ paths });

      const [all, one] = ["all", "AA-BB-CC-00-11-22"].map((name) =>
        findOperationSpec(operations, "GET", `/openapi/v1/{omadacId}/sites/1/devices/${name}`),
      );
      assert.deepEqual([all?.id, one?.id], ["all", "{deviceMac}"]);
    }
  });

  it("is a read if its method is GET, or a POST that the query node may send", async () => {
    const operations = await simulatedSpec();
    const posts = operations.filter((operation) => operation.method === "POST" && isReadOperation(operation));

    assert.deepEqual(
      posts.map(({ id }) => id),
      ["getGridAllClients"],
    );
    assert.ok(!isReadOperation(find(operations, "POST", `${SITE}/clients/{clientMac}/block`)));
  });
});

describe("The search for an operation", () => {
  async function search(words: string, purpose: Purpose = "read", limit = 50): Promise<string[]> {
    const { matches } = searchOperations(await simulatedSpec(), purpose, words, limit);
    return matches.map(({ method, path }) => `${method} ${path}`);
  }

  it("finds the operations that contain every word, in the method, the path, the tag or the summary", async () => {
    assert.deepEqual(await search("wan gateway"), ["GET sites/{siteId}/gateways/{gatewayMac}/wan-status"]);
    assert.deepEqual(await search("LIGHTS put", "write"), ["PUT sites/{siteId}/led"]);
    assert.deepEqual(await search("log alert"), ["GET sites/{siteId}/logs/alerts", "GET logs/alerts"]);
    assert.deepEqual(await search("no such operation"), []);
  });

  it("lists the most popular operations first", async () => {
    assert.deepEqual((await search("")).slice(0, 3), [
      "GET sites",
      "GET sites/{siteId}/devices",
      "GET sites/{siteId}/clients",
    ]);
    assert.equal((await search("devices"))[0], "GET sites/{siteId}/devices");
    assert.equal((await search("", "write"))[0], "PUT sites/{siteId}/led");
  });

  it("finds either operations that read or operations that write", async () => {
    const [reads, writes] = [await search(""), await search("", "write")];

    assert.ok(reads.includes("POST /openapi/v2/{omadacId}/sites/{siteId}/clients"));
    assert.ok(writes.every((operation) => /^(POST|PUT|PATCH|DELETE) /.test(operation)));
    assert.equal(reads.length + writes.length, OPERATIONS.length);
  });

  it("marks destructive operations with what they do", async () => {
    const { matches } = searchOperations(await simulatedSpec(), "write", "", 50);
    const destructive = matches.filter(({ destroys }) => destroys).map(({ path, destroys }) => `${path}: ${destroys}`);

    assert.deepEqual(destructive.toSorted(), [
      "sites/{siteId}/devices/{deviceMac}/forget: forget a device",
      "sites/{siteId}/devices/{deviceMac}/start-online-upgrade: replace firmware",
      "sites/{siteId}: delete something",
    ]);
  });

  it("returns the best matches, and how many there are in all", async () => {
    const { matches, total } = searchOperations(bundledSpec(), "read", "get", 20);

    assert.equal(matches.length, 20);
    assert.ok(total > 200);
  });

  it("accepts any text as a query", async () => {
    for (const words of ["(", "[a-", "\\", "*".repeat(10_000), " \n\t ", "__proto__", "{siteid}"]) await search(words);
    assert.ok((await search("{siteId}")).length > 5);
  });
});
