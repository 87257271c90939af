import assert from "node:assert/strict";
import { Device as IndependentDevice } from "tplink-smarthome-simulator";
import { systemClock } from "../../../../src/core/clock";
import { Attempt } from "../../../../src/kasa/transports/local/attempt";
import type { DeviceJson } from "../../../../src/kasa/transports/local/connection";
import type { LocalEndpoint } from "../../../../src/kasa/transports/local/endpoint";
import { XorConnection } from "../../../../src/kasa/transports/local/xor-connection";
import { closeAfterTest } from "../../../support/mocha-hooks";

const MODELS: readonly string[] = IndependentDevice.models;

const aliasIn = ({ system }: DeviceJson): unknown => (system as { get_sysinfo: { alias: string } }).get_sysinfo.alias;

/** The free TCP port that it gets may be taken for UDP, which it needs as well. */
async function startDevice(options: ConstructorParameters<typeof IndependentDevice>[0]): Promise<IndependentDevice> {
  for (let left = 5; ; left--) {
    const device = new IndependentDevice(options);
    closeAfterTest({ close: () => device.stop() });
    try {
      await device.start();
      return device;
    } catch (error) {
      if (left === 0 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}

describe("The devices of tplink-smarthome-simulator, over real sockets", () => {
  for (const model of MODELS) {
    it(`understand commands and are understood: ${model}`, async () => {
      const data = { alias: `my ${model} in Zürich` };
      const device = await startDevice({ model, port: 0, address: "127.0.0.1", data });
      const connection = new XorConnection({ host: "127.0.0.1", port: device.port } as LocalEndpoint, systemClock);
      closeAfterTest(connection);
      const exchange = async (command: object): Promise<DeviceJson> => {
        const attempt = new Attempt(2000, undefined);
        return connection.exchange(JSON.stringify(command), attempt, "read").finally(() => attempt.end());
      };

      assert.equal(aliasIn(await exchange({ system: { get_sysinfo: {} } })), data.alias);
      const { err_code } = (await exchange({ nonsense: { get: {} } }))["nonsense"] as { err_code: number };
      assert.ok(err_code < 0);
    });
  }
});
