import assert from "node:assert/strict";
import { Device as IndependentDevice } from "tplink-smarthome-simulator";
import { Attempt } from "../../../../src/kasa/transports/local/attempt";
import type { DeviceJson } from "../../../../src/kasa/transports/local/connection";
import type { LocalEndpoint } from "../../../../src/kasa/transports/local/endpoint";
import { XorConnection } from "../../../../src/kasa/transports/local/xor-connection";
import { closeAfterTest } from "../../../support/mocha-hooks";

const MODELS: readonly string[] = IndependentDevice.models;

const aliasIn = ({ system }: DeviceJson): unknown => (system as { get_sysinfo: { alias: string } }).get_sysinfo.alias;

describe("The devices of tplink-smarthome-simulator, over real sockets", () => {
  for (const model of MODELS) {
    it(`understand commands and are understood: ${model}`, async () => {
      const data = { alias: `my ${model} in Zürich` };
      const device = new IndependentDevice({ model, port: 0, address: "127.0.0.1", data });
      await device.start();
      closeAfterTest({ close: () => device.stop() });
      const connection = new XorConnection({ host: "127.0.0.1", port: device.port } as LocalEndpoint);
      const exchange = async (command: object): Promise<DeviceJson> => {
        const attempt = new Attempt(2000, undefined);
        return connection.exchange(JSON.stringify(command), attempt).finally(() => attempt.end());
      };

      assert.equal(aliasIn(await exchange({ system: { get_sysinfo: {} } })), data.alias);
      const { err_code } = (await exchange({ nonsense: { get: {} } }))["nonsense"] as { err_code: number };
      assert.ok(err_code < 0);
    });
  }
});
