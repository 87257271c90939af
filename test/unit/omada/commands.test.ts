import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { isPlatformError } from "../../../src/core/errors";
import { checkCommand, type OmadaCommand } from "../../../src/omada/commands";
import { allOperations } from "../../../src/omada/operations";

// TP-Link's own descriptions. They have no licence, so they are not in this repository.
const LOCAL = resolve("../shared/data/omada-openapi-5.15.24.json");
const CLOUD = resolve("../shared/data/omada-operations-cloud-2026-04.json");

interface Write {
  method: string;
  path: string;
  id: string;
}

/** What each source calls a write; reads by POST are none. */
const SOURCES: Record<string, { file?: string; operations: () => Write[] }> = {
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

/** Ids of what destroys without saying DELETE. */
const DESTROYS =
  /delete|forget|^reset|^restore|unbind|rollback|^remove|^transfer(Msp)?Root|^clear(Invalid|LocalUser)|batchController$|ToCustomers$|^operateSms/i;
const REPLACES_FIRMWARE =
  /^(online(Rolling)?Upgrade(ByQuery)?|manuallyUpgrade|ispUpgrade|uploadIspFile|uploadUpgradeFirmware|(create|edit|modify)\w*Upgrade(Plan|Schedule)?|createFailedDeviceModelPlan)\d*(_\d+)?$/;
/** What is noted about a firmware that was uploaded. */
const HARMLESS = /^editFirmwareUpgrade$/;

/** Operations of everyday life, below a site unless they begin with a slash. */
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

/** Checks a write whose places are filled, as the client does. */
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

function wantsConfirm(method: string, path: string): boolean {
  try {
    check(method, path);
    return false;
  } catch (error) {
    assert.ok(isPlatformError(error, "input"), String(error));
    assert.match(error.message, /^This would [\w ,]+\. Tick "confirm" in the node/);
    return true;
  }
}

const inFull = (path: string): string =>
  path.startsWith("/") ? path : `/openapi/v1/{omadacId}/sites/{siteId}/${path}`;
const isRead = ({ method, id }: Write): boolean =>
  method === "GET" || (method === "POST" && /^(get|query|list)/.test(id));
const destroys = ({ method, id }: Write): boolean =>
  method === "DELETE" || ((DESTROYS.test(id) || REPLACES_FIRMWARE.test(id)) && !HARMLESS.test(id));

describe("What an Omada command may not do unasked", () => {
  for (const [source, { file, operations }] of Object.entries(SOURCES)) {
    it(`is what destroys, and nothing else, among all writes of ${source}`, function () {
      if (file && !existsSync(file)) this.skip(); // the vendor's description is not at hand
      const writes = operations().filter((one) => !isRead(one));

      assert.ok(writes.length > 900);
      const wrong = writes.filter((one) => wantsConfirm(one.method, one.path) !== destroys(one));
      assert.deepEqual(
        wrong.map(({ method, path, id }) => `${id}: ${method} ${path}`),
        [],
      );
    });
  }

  it("is known of a path whatever its case is, and of one that nobody knows", () => {
    for (const path of ["devices/1/FORGET", "devices/factoryReset", "things/batch-delete", "x/multi-restore/disk"]) {
      assert.ok(wantsConfirm("POST", inFull(path)), path);
      assert.ok(wantsConfirm("PATCH", inFull(path)), path);
    }
    assert.ok(!wantsConfirm("PUT", inFull("radios/preset")));
  });

  for (const everyday of EVERYDAY) {
    it(`is not ${everyday}`, () => {
      const [method = "", path = ""] = everyday.split(" ");

      const known = allOperations().some((one) => one.method === method && one.path === inFull(path));
      assert.ok(known, "there is no such operation");
      assert.equal(wantsConfirm(method, inFull(path)), false);
    });
  }

  it("is done when it is confirmed", () => {
    for (const { method, path } of allOperations().filter((one) => !isRead(one))) {
      assert.doesNotThrow(() => check(method, path, { confirm: true }), `${method} ${path}`);
    }
  });

  it("leaves out methods that do not write, in whatever case", () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "put", "delete", ""]) {
      assert.throws(() => check(method, inFull("led"), { confirm: true }), /"method" must be/);
    }
  });
});

describe("The body of an Omada command", () => {
  const content: [what: string, body: unknown][] = [
    ["an object", { enable: true }],
    ["an array", [{ id: 1 }]],
    ["a Function node's own object", runInNewContext("({ enable: true })")],
    ["a Function node's own array", runInNewContext("[1]")],
  ];
  const noContent: [what: string, body: unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["text", "off"],
    ["a number", 0],
    ["true", true],
    ["a Buffer", Buffer.from("{}")],
    ["bytes", new Uint8Array(2)],
    ["a Date", new Date(0)],
    ["an object that writes itself as a text", { toJSON: () => "off" }],
    ["a Map", new Map([["enable", true]])],
  ];
  const BLOCK = inFull("clients/{clientMac}/block");
  const written = (body: unknown): unknown => JSON.parse(JSON.stringify(body));
  const UNKNOWN = inFull("nobody/knows");

  for (const [what, body] of content) {
    it(`may be ${what} where one is needed, and where nobody knows`, () => {
      assert.deepEqual(check("PUT", inFull("led"), { body }), written(body));
      assert.deepEqual(check("POST", UNKNOWN, { body }), written(body));
    });

    it(`is not ${what} that happens to be in the payload where none is taken`, () => {
      assert.equal(check("POST", BLOCK, { body }), undefined);
      assert.deepEqual(check("POST", BLOCK, { body, isBodySet: true }), written(body));
    });
  }

  for (const [what, body] of noContent) {
    it(`may not be ${what} where one is needed`, () => {
      for (const isBodySet of [true, false])
        assert.throws(() => check("PUT", inFull("led"), { body, isBodySet }), /The body must be an object/);
    });

    it(`is none for ${what} in the payload where none is needed`, () => {
      assert.equal(check("POST", BLOCK, { body }), undefined);
      assert.equal(check("POST", UNKNOWN, { body }), undefined);
    });

    if (body !== undefined) {
      it(`may not be chosen to be ${what}`, () => {
        assert.throws(() => check("POST", UNKNOWN, { body, isBodySet: true }), /The body must be an object/);
      });
    }
  }

  it("may be chosen to be what is not there where none is needed", () => {
    assert.equal(check("POST", UNKNOWN, { isBodySet: true, body: undefined }), undefined);
  });

  it("may be left out where it may be given", () => {
    const takes = allOperations().filter(({ method, body }) => method !== "GET" && body === "optional");

    assert.ok(takes.length > 10);
    for (const { method, path } of takes) {
      assert.equal(check(method, path, { body: 7, confirm: true }), undefined, `${method} ${path}`);
      assert.deepEqual(check(method, path, { body: { a: 1 }, confirm: true }), { a: 1 }, `${method} ${path}`);
    }
  });

  it("is wanted by each write that a controller 5.15 says needs one, and sent to none that takes none", function () {
    if (!existsSync(LOCAL)) this.skip(); // the vendor's description is not at hand
    type Described = { requestBody?: { required?: boolean } };
    const { paths } = json(LOCAL) as { paths: Record<string, Record<string, Described>> };

    const sent = { confirm: true, body: { left: "over" } };
    let needing = 0;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [name, { requestBody }] of Object.entries(methods)) {
        const method = name.toUpperCase();
        if (method === "GET") continue;
        if (requestBody) assert.deepEqual(check(method, path, sent), sent.body, `${method} ${path}`);
        if (!requestBody?.required) continue;
        needing++;
        assert.throws(() => check(method, path, { ...sent, body: "text" }), /body must be/, `${method} ${path}`);
      }
    }
    assert.ok(needing > 700);
  });
});
