import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { allOperations, findOperation } from "../../../src/omada/operations";

const SPEC = resolve("../shared/data/omada-openapi-5.15.24.json");
const CLOUD = resolve("../shared/data/omada-operations-cloud-2026-04.json");

interface Described {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required?: boolean };
}

const described = (): [method: string, path: string, Described][] => {
  const { paths } = JSON.parse(readFileSync(SPEC, "utf8")) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => [method.toUpperCase(), path, one] as [string, string, Described]),
  );
};

describe("the bundled table of Omada's operations", () => {
  it("finds an operation by a path that is filled", () => {
    const found = findOperation("POST", "/openapi/v1/abc/sites/def/clients/AA-BB-CC-DD-EE-FF/block");

    assert.equal(found?.path, "/openapi/v1/{omadacId}/sites/{siteId}/clients/{clientMac}/block");
    assert.equal(found.id, "blockClient");
    assert.equal(found.label, "Block client");
    assert.deepEqual(found.since, ["5.12", "5.15", "cloud"]);
  });

  it("prefers a word to a placeholder: devices/all is no device", () => {
    assert.equal(findOperation("GET", "/openapi/v1/abc/sites/def/devices/all")?.id, "getAllDeviceBySite");
  });

  it("finds an operation behind an id that is a word elsewhere", () => {
    assert.equal(findOperation("PUT", "/openapi/v1/abc/sites/copy/led")?.id, "updateSiteLedSetting");
    assert.equal(findOperation("POST", "/openapi/v1/abc/sites/copy")?.id, "batchSiteCopy");
  });

  it("finds each operation by its path when that is filled, whatever the places are called", () => {
    const shape = (path = ""): string => path.replace(/\{[^}]*\}/g, "{}");

    for (const { method, path } of allOperations()) {
      const found = findOperation(method, path.replace(/\{[^}]*\}/g, "1"));
      assert.equal(shape(found?.path), shape(path), `${method} ${path}`);
    }
  });

  it("knows nothing of what is not there", () => {
    for (const path of ["/openapi/v1/abc/nowhere", "/openapi/v1/abc/sites/def/constructor", "/openapi", ""]) {
      assert.equal(findOperation("GET", path), undefined);
    }
    assert.equal(findOperation("TRACE", "/openapi/v1/abc/sites"), undefined);
    assert.equal(findOperation("__proto__", "/openapi/v1/abc/sites"), undefined);
  });

  it("knows the lists that a controller of the cloud has beside a local one's", () => {
    const found = findOperation("POST", "/openapi/v2/abc/sites/def/clients");

    assert.deepEqual([found?.list, found?.since], ["paged-post", ["cloud"]]);
  });

  it("has every operation of a 5.15 controller, each as it is described", function () {
    if (!existsSync(SPEC)) this.skip(); // the vendor's description is not at hand

    for (const [method, path, { operationId, parameters = [], requestBody }] of described()) {
      const found = findOperation(method, path);
      assert.equal(found?.path, path, `${method} ${path}`);
      assert.equal(found.id, operationId.replace(/_\d+$/, ""));
      assert.ok(found.since.includes("5.15"));
      const query = parameters.filter((one) => one.in === "query").map(({ name }) => name);
      for (const name of query.filter((one) => !/^(page|pageSize|arg\d)$/.test(one)))
        assert.ok(found.query.includes(name));
      if (requestBody) assert.equal(found.body, requestBody.required ? "required" : "optional");
    }
  });

  it("has every operation of the cloud", function () {
    if (!existsSync(CLOUD)) this.skip(); // the vendor's list is not at hand
    const { operations } = JSON.parse(readFileSync(CLOUD, "utf8")) as {
      operations: { method: string; path: string }[];
    };

    for (const { method, path } of operations.filter((one) => !one.path.startsWith("/openapi/authorize"))) {
      assert.ok(findOperation(method, path)?.since.includes("cloud"), `${method} ${path}`);
    }
  });

  it("calls no write a read", () => {
    const reads = allOperations().filter(({ method, list }) => method === "POST" && list === "post");

    assert.ok(reads.length > 50);
    for (const { id } of reads) assert.match(id, /^(get|query|list)/);
  });
});
