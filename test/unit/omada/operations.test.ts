import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { allOperations, findOperation } from "../../../src/omada/operations";

const SPEC = resolve("../shared/data/omada-openapi-5.15.24.json");
const CLOUD = resolve("../shared/data/omada-operations-cloud-2026-04.json");

interface OperationObject {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required?: boolean };
}

const readSpec = (): [method: string, path: string, OperationObject][] => {
  const { paths } = JSON.parse(readFileSync(SPEC, "utf8")) as {
    paths: Record<string, Record<string, OperationObject>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [method.toUpperCase(), path, operation] as [string, string, OperationObject],
    ),
  );
};

describe("The bundled table of Omada operations", () => {
  it("finds an operation by a filled path", () => {
    const operation = findOperation("POST", "/openapi/v1/abc/sites/def/clients/AA-BB-CC-DD-EE-FF/block");

    assert.equal(operation?.path, "/openapi/v1/{omadacId}/sites/{siteId}/clients/{clientMac}/block");
    assert.equal(operation.id, "blockClient");
    assert.equal(operation.label, "Block client");
    assert.deepEqual(operation.since, ["5.12", "5.15", "cloud"]);
  });

  it("prefers a literal segment to a placeholder: devices/all is not a device", () => {
    assert.equal(findOperation("GET", "/openapi/v1/abc/sites/def/devices/all")?.id, "getAllDeviceBySite");
  });

  it("finds an operation behind an id that is a literal segment elsewhere", () => {
    assert.equal(findOperation("PUT", "/openapi/v1/abc/sites/copy/led")?.id, "updateSiteLedSetting");
    assert.equal(findOperation("POST", "/openapi/v1/abc/sites/copy")?.id, "batchSiteCopy");
  });

  it("finds each operation by its filled path, whatever its placeholders are called", () => {
    const shape = (path = ""): string => path.replace(/\{[^}]*\}/g, "{}");

    for (const { method, path } of allOperations()) {
      const operation = findOperation(method, path.replace(/\{[^}]*\}/g, "1"));
      assert.equal(shape(operation?.path), shape(path), `${method} ${path}`);
    }
  });

  it("finds nothing for unknown paths and methods", () => {
    for (const path of ["/openapi/v1/abc/nowhere", "/openapi/v1/abc/sites/def/constructor", "/openapi", ""]) {
      assert.equal(findOperation("GET", path), undefined);
    }
    assert.equal(findOperation("TRACE", "/openapi/v1/abc/sites"), undefined);
    assert.equal(findOperation("__proto__", "/openapi/v1/abc/sites"), undefined);
  });

  it("knows the lists that only the cloud has", () => {
    const operation = findOperation("POST", "/openapi/v2/abc/sites/def/clients");

    assert.deepEqual([operation?.list, operation?.since], ["paged-post", ["cloud"]]);
  });

  it("contains every operation of a 5.15 controller, with the same id, query and body", function () {
    if (!existsSync(SPEC)) this.skip(); // the vendor's description is not available

    for (const [method, path, { operationId, parameters = [], requestBody }] of readSpec()) {
      const operation = findOperation(method, path);
      assert.equal(operation?.path, path, `${method} ${path}`);
      assert.equal(operation.id, operationId.replace(/_\d+$/, ""));
      assert.ok(operation.since.includes("5.15"));
      const query = parameters.filter((one) => one.in === "query").map(({ name }) => name);
      for (const name of query.filter((one) => !/^(page|pageSize|arg\d)$/.test(one)))
        assert.ok(operation.query.includes(name));
      if (requestBody) assert.equal(operation.body, requestBody.required ? "required" : "optional");
    }
  });

  it("contains every operation of the cloud", function () {
    if (!existsSync(CLOUD)) this.skip(); // the vendor's list is not available
    const { operations } = JSON.parse(readFileSync(CLOUD, "utf8")) as {
      operations: { method: string; path: string }[];
    };

    for (const { method, path } of operations.filter((one) => !one.path.startsWith("/openapi/authorize"))) {
      assert.ok(findOperation(method, path)?.since.includes("cloud"), `${method} ${path}`);
    }
  });

  it("lists no write as a read", () => {
    const reads = allOperations().filter(({ method, list }) => method === "POST" && list === "post");

    assert.ok(reads.length > 50);
    for (const { id } of reads) assert.match(id, /^(get|query|list)/);
  });

  it("knows in which versions the lists are that omada-event watches, and that they have pages", () => {
    const site = "/openapi/v1/{omadacId}/sites/{siteId}";
    for (const [path, list, since, query] of [
      [`${site}/switches/ports/poe-info`, "paged", ["cloud"], []],
      [`${site}/setting/vpn/stats/tunnel`, "paged", ["5.15", "cloud"], []],
      [`${site}/setting/vpn/stats/ipsec`, "paged", ["5.15", "cloud"], []],
      [`${site}/setting/vpn/stats/s2s`, "paged", ["cloud"], ["filters.vpnType"]],
      [`${site}/setting/vpn/stats/client`, "paged", ["cloud"], ["filters.vpnType"]],
      ["/openapi/v1/{omadacId}/logs/alerts", "log", ["5.15", "cloud"], undefined],
      ["/openapi/v1/{omadacId}/logs/events", "log", ["5.15", "cloud"], undefined],
    ] as const) {
      const operation = findOperation("GET", path);
      assert.deepEqual([operation?.list, operation?.since], [list, since], path);
      if (query) assert.deepEqual(operation?.query, query);
    }
  });
});
