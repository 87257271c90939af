import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { isPlatformError } from "../../../src/core/errors";
import { checkCommand, type OmadaCommand } from "../../../src/omada/commands";
import { allOperations } from "../../../src/omada/operations";

// TP-Link's own descriptions. They have no license, so they are not part of this repository.
const LOCAL = resolve("../shared/data/omada-openapi-5.15.24.json");
const CLOUD = resolve("../shared/data/omada-operations-cloud-2026-04.json");

interface ListedOperation {
  method: string;
  path: string;
  id: string;
}

/** The operations that each source knows. */
const SOURCES: Record<string, { file?: string; operations: () => ListedOperation[] }> = {
  "the bundled table": { operations: allOperations },
  "a controller 5.15": {
    file: LOCAL,
    operations: () => {
      const { paths } = json(LOCAL) as { paths: Record<string, Record<string, { operationId: string }>> };
      return Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { operationId: id }]) => ({ method: method.toUpperCase(), path, id })),
      );
    },
  },
  "the cloud of 2026": {
    file: CLOUD,
    operations: () => {
      const { operations } = json(CLOUD) as { operations: { method: string; path: string; operationId: string }[] };
      return operations.map(({ method, path, operationId: id }) => ({ method, path, id }));
    },
  },
};

/** Ids of destructive operations, apart from those by DELETE. */
const DESTRUCTIVE_ID =
  /delete|forget|^reset|^restore|unbind|rollback|^remove|^transfer(Msp)?Root|^clear(Invalid|LocalUser)|batchController$|ToCustomers$|^operateSms/i;
const FIRMWARE_ID =
  /^(online(Rolling)?Upgrade(ByQuery)?|manuallyUpgrade|ispUpgrade|uploadIspFile|uploadUpgradeFirmware|(create|edit|modify)\w*Upgrade(Plan|Schedule)?|createFailedDeviceModelPlan)\d*(_\d+)?$/;
/** Changes only the notes about an uploaded firmware. */
const HARMLESS_ID = /^editFirmwareUpgrade$/;

/** Everyday operations, relative to a site unless they begin with a slash. */
const EVERYDAY = [
  "POST clients/{clientMac}/block",
  "POST clients/{clientMac}/unblock",
  "POST clients/{clientMac}/reconnect",
  "POST clients/{clientMac}/disconnect",
  "PATCH clients/{clientMac}/name",
  "PATCH clients/{clientMac}/ratelimit",
  "POST devices/{deviceMac}/reboot",
  "POST devices/{deviceMac}/locate",
  "POST devices/{deviceMac}/start-adopt",
  "POST all-devices/start-check-latest-firmware",
  "PUT led",
  "PUT switches/{switchMac}/ports/{port}/poe-mode",
  "PUT switches/{switchMac}/ports/{port}/status",
  "PUT switches/{switchMac}/ports/{port}/profile-override",
  "PUT switches/{switchMac}/multi-ports/poe-mode",
  "PUT switches/{switchMac}/multi-ports/profile-override",
  "POST switches/{switchMac}/multi-ports/poe-recovery",
  "POST switches/multi-ports/clear-counters",
  "PATCH switches/{switchMac}/ports/{port}",
  "PATCH aps/{apMac}/wlan-group",
  "PATCH wireless-network/wlans/{wlanId}/ssids/{ssidId}/update-basic-config",
  "PATCH wireless-network/wlans/{wlanId}/ssids/{ssidId}/update-wlan-schedule",
  "POST gateways/{gatewayMac}/internet-state",
  "POST gateways/{gatewayMac}/ports/{port}/restart",
  "POST gateways/{gatewayMac}/speedTest",
  "POST cmd/speedTest",
  "POST aps/{apMac}/start-speed-test",
  "POST logs/alerts/resolve",
  "POST hotspot/clients/{clientMac}/auth",
  "POST hotspot/clients/{clientMac}/unauth",
  "POST hotspot/voucher-groups",
  "POST setting/dns-cache-data/clear",
  "PATCH vpn/{vpnId}/status",
  "PATCH /openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override",
  "POST /openapi/v1/{omadacId}/sites",
  "POST /openapi/v1/{omadacId}/maintenance/backup/self-server",
  "POST /openapi/v2/{omadacId}/topology/batch",
];

const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** Checks a command with a filled path, as the client does. */
function check(method: string, template: string, command: Partial<OmadaCommand> = {}): unknown {
  const path = template.replace(/\{[^}]*\}/g, "1");
  return checkCommand(path, {
    method,
    path,
    params: {},
    site: "",
    body: {},
    isBodySet: false,
    confirm: false,
    ...command,
  });
}

function needsConfirm(method: string, path: string): boolean {
  try {
    check(method, path);
    return false;
  } catch (error) {
    assert.ok(isPlatformError(error, "input"), String(error));
    assert.match(error.message, /^This would [\w ,]+\. Tick "confirm" in the node/);
    return true;
  }
}

const expand = (path: string): string =>
  path.startsWith("/") ? path : `/openapi/v1/{omadacId}/sites/{siteId}/${path}`;
const isRead = ({ method, id }: ListedOperation): boolean =>
  method === "GET" || (method === "POST" && /^(get|query|list)/.test(id));
const isDestructive = ({ method, id }: ListedOperation): boolean =>
  method === "DELETE" || ((DESTRUCTIVE_ID.test(id) || FIRMWARE_ID.test(id)) && !HARMLESS_ID.test(id));

describe("The confirmation of an Omada command", () => {
  for (const [source, { file, operations }] of Object.entries(SOURCES)) {
    it(`is required for destructive operations of ${source}, and for no others`, function () {
      if (file && !existsSync(file)) this.skip(); // the vendor's description is not available
      // No node calls those of the sign-in.
      const writes = operations().filter((each) => !isRead(each) && !each.path.startsWith("/openapi/authorize/"));

      assert.ok(writes.length > 900);
      const wrong = writes.filter(
        (operation) => needsConfirm(operation.method, operation.path) !== isDestructive(operation),
      );
      assert.deepEqual(
        wrong.map(({ method, path, id }) => `${id}: ${method} ${path}`),
        [],
      );
    });
  }

  it("is required whatever the case of the path, and for what the table does not know as harmless", () => {
    for (const path of [
      "devices/1/FORGET",
      "devices/factoryReset",
      "things/batch-delete",
      "x/multi-restore/disk",
      "radios/preset",
      "LED",
    ]) {
      assert.ok(needsConfirm("POST", expand(path)), path);
      assert.ok(needsConfirm("PATCH", expand(path)), path);
    }
  });

  it("is required for a path that the controller may decode to a destructive one", () => {
    for (const segment of ["forget", "%66orget", "%2566orget", "forget;x", "reset%3Bx"])
      assert.ok(needsConfirm("PATCH", expand(`clients/${segment}/name`)), segment);
    assert.ok(!needsConfirm("PATCH", expand("clients/%4112/name")));
  });

  for (const everyday of EVERYDAY) {
    it(`is not required for ${everyday}`, () => {
      const [method = "", path = ""] = everyday.split(" ");

      const exists = allOperations().some((one) => one.method === method && one.path === expand(path));
      assert.ok(exists, "there is no such operation");
      assert.equal(needsConfirm(method, expand(path)), false);
    });
  }

  it("is sufficient for every operation", () => {
    for (const { method, path } of allOperations().filter((operation) => !isRead(operation))) {
      assert.doesNotThrow(() => check(method, path, { confirm: true }), `${method} ${path}`);
    }
  });

  it("does not allow methods that do not write, nor lower case", () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "put", "delete", ""]) {
      assert.throws(() => check(method, expand("led"), { confirm: true }), /"method" must be/);
    }
  });
});

describe("The body of an Omada command", () => {
  const objects: [what: string, body: unknown][] = [
    ["an object", { enable: true }],
    ["an array", [{ id: 1 }]],
    ["an object of a Function node", runInNewContext("({ enable: true })")],
    ["an array of a Function node", runInNewContext("[1]")],
  ];
  const others: [what: string, body: unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["text", "off"],
    ["a number", 0],
    ["true", true],
    ["a Buffer", Buffer.from("{}")],
    ["a Uint8Array", new Uint8Array(2)],
    ["a Date", new Date(0)],
    ["an object whose toJSON returns text", { toJSON: () => "off" }],
    ["a Map", new Map([["enable", true]])],
  ];
  const BLOCK = expand("clients/{clientMac}/block");
  const toJson = (body: unknown): unknown => JSON.parse(JSON.stringify(body));
  const UNKNOWN = expand("unknown/path");
  const confirm = true;

  for (const [what, body] of objects) {
    it(`may be ${what} where a body is required, and for an unknown operation`, () => {
      assert.deepEqual(check("PUT", expand("led"), { body }), toJson(body));
      assert.deepEqual(check("POST", UNKNOWN, { body, confirm }), toJson(body));
    });

    it(`is not taken from a payload that is ${what} where the operation takes none, unless it is set`, () => {
      assert.equal(check("POST", BLOCK, { body }), undefined);
      assert.deepEqual(check("POST", BLOCK, { body, isBodySet: true }), toJson(body));
    });
  }

  for (const [what, body] of others) {
    it(`must not be ${what} where a body is required`, () => {
      for (const isBodySet of [true, false])
        assert.throws(() => check("PUT", expand("led"), { body, isBodySet }), /The body must be an object/);
    });

    it(`is omitted if the payload is ${what} and none is required`, () => {
      assert.equal(check("POST", BLOCK, { body }), undefined);
      assert.equal(check("POST", UNKNOWN, { body, confirm }), undefined);
    });

    if (body !== undefined) {
      it(`must not be set to ${what}`, () => {
        assert.throws(() => check("POST", UNKNOWN, { body, isBodySet: true, confirm }), /The body must be an object/);
      });
    }
  }

  it("may be set to undefined where none is required", () => {
    assert.equal(check("POST", UNKNOWN, { isBodySet: true, body: undefined, confirm }), undefined);
  });

  it("may be omitted where it is optional", () => {
    const operations = allOperations().filter(({ method, body }) => method !== "GET" && body === "optional");

    assert.ok(operations.length > 10);
    for (const { method, path } of operations) {
      assert.equal(check(method, path, { body: 7, confirm: true }), undefined, `${method} ${path}`);
      assert.deepEqual(check(method, path, { body: { a: 1 }, confirm: true }), { a: 1 }, `${method} ${path}`);
    }
  });

  it("is required by every write for which the description of a controller 5.15 requires it, and sent to none without one", function () {
    if (!existsSync(LOCAL)) this.skip(); // the vendor's description is not available
    type OperationObject = { requestBody?: { required?: boolean } };
    const { paths } = json(LOCAL) as { paths: Record<string, Record<string, OperationObject>> };

    const command = { confirm: true, body: { some: "payload" } };
    let checked = 0;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [name, { requestBody }] of Object.entries(methods)) {
        const method = name.toUpperCase();
        if (method === "GET") continue;
        if (requestBody) assert.deepEqual(check(method, path, command), command.body, `${method} ${path}`);
        if (!requestBody?.required) continue;
        checked++;
        assert.throws(() => check(method, path, { ...command, body: "text" }), /body must be/, `${method} ${path}`);
      }
    }
    assert.ok(checked > 700);
  });
});
