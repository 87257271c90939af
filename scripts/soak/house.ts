import type { LanProduct } from "../../test/support/simulators/kasa-local/device";
import { LanHouse } from "../../test/support/simulators/kasa-local/house";
import { iotPlug } from "../../test/support/simulators/kasa-local/neighbourhood";
import { smartBulb } from "../../test/support/simulators/kasa-local/smart/products";
import type { LanTransport } from "../../test/support/simulators/kasa-local/types";
import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { describeProduct } from "../../test/support/simulators/kasa/devices";
import { Bulb } from "../../test/support/simulators/kasa/lights";
import { HouseDisturber } from "./house-disturber";
import { markOfColor } from "./local-flow";
import { emptyStats, invalidate, type SoakPlatform, type StartedPlatform } from "./simulators";
import type { HouseReport } from "./types";

/** More addresses than devices, so that each of them belongs to one device after another. */
const SPARE_ADDRESSES = 4;
const TOGGLE_EVERY_MS = 5000;

/** Devices on the local network that come, go, move and hang, with a cloud of their own that reaches some of them. */
export async function startHouse(): Promise<StartedPlatform<"house"> & { home: SoakHome }> {
  const cloud = await KasaCloud.start();
  const { server, url, email, password } = cloud;
  const lights = [bulb("Porch", "xor"), bulb("Desk", "klap2"), withAes(smartBulb("Reading lamp")), smartBulb("Stairs")];
  const plugs = [iotPlug("Pump", "klap1"), iotPlug("Heater", "xor")];
  const [still, witness] = [iotPlug("Fridge", "klap2"), iotPlug("Doorbell", "xor")];
  const products = [...lights, ...plugs, still, witness];
  cloud.devices.splice(0, Infinity, ...products.map(({ identity }) => identity));
  const house = await LanHouse.start(products, { email, password });
  const home = new SoakHome(house, witness.identity);
  const spare = Array.from({ length: SPARE_ADDRESSES }, () => house.freeHost());
  const hosts = [...house.devices.map(({ host }) => host), ...spare].flatMap((host) => [
    `${host}:${house.ports.tdp}`,
    `${host}:${house.ports.xor}`,
  ]);
  const platform: SoakPlatform = {
    server,
    stats: emptyStats(),
    signIns: () => cloud.signIns(),
    isSignIn: ({ body }) => /"method":"(login|refreshToken)"/.test(body),
    lifeMs: Infinity,
    signInExpected: true,
    invalidatedAt: 0,
    disturbances: [() => invalidate(platform, () => cloud.expireTokens()), () => server.dropConnections()],
    repair: () => undefined,
  };
  home.disturber = new HouseDisturber(house.devices.slice(0, -1), spare);
  const idsOf = (chosen: LanProduct[]): string[] => chosen.map(({ identity }) => identity.deviceId);
  return {
    platform,
    home,
    addresses: {
      url,
      email,
      password,
      hosts: hosts.join(","),
      lights: idsOf(lights),
      plugs: idsOf(plugs),
      still: still.identity.deviceId,
      witnessHost: `${house.devices.at(-1)?.host}:${house.ports.xor}`,
    },
  };
}

/** Records what the devices have carried out, and switches one of them by hand. */
export class SoakHome {
  disturber!: HouseDisturber;
  readonly #report: HouseReport = { writes: [], toggles: [], spoiled: {} };
  readonly #house: LanHouse;
  readonly #witness: { on: boolean };
  #toggling: NodeJS.Timeout | undefined;

  constructor(house: LanHouse, witness: { on: boolean }) {
    this.#house = house;
    this.#witness = witness;
    for (const { identity, commands, family } of house.devices) {
      const record = (command: object): number => {
        const mark = markOf(command);
        if (mark !== undefined) this.#report.writes.push([mark, identity.deviceId]);
        return 0;
      };
      // What an IOT device carries out reaches its firmware, also through the cloud.
      commands.push = family === "IOT" ? () => 0 : record;
      if (family === "IOT") identity.commands.push = record;
    }
  }

  get report(): HouseReport {
    return { ...this.#report, spoiled: this.disturber.counts };
  }

  start(random: () => number): void {
    if (this.#toggling) return;
    this.#toggling = setInterval(() => this.#toggle(), TOGGLE_EVERY_MS);
    this.disturber.start(random);
  }

  /** Ends the disturbances, and brings every device back. */
  async heal(): Promise<void> {
    clearInterval(this.#toggling);
    this.#toggling = undefined;
    await this.disturber.stop();
  }

  #toggle(): void {
    this.#witness.on = !this.#witness.on;
    // Otherwise they would grow with the run.
    for (const { http } of this.#house.devices) http.requests.length = 0;
    this.#report.toggles.push([Date.now(), this.#witness.on]);
  }
}

type JsonObject = Record<string, unknown>;

/** The mark in a command: the colour of a light, or a key that the firmware of a plug does not know. */
function markOf(command: object): number | undefined {
  const { requests } = ((command as JsonObject)["params"] ?? {}) as { requests?: object[] };
  if (requests) return requests.map(markOf).find((mark) => mark !== undefined);
  const { method, params, system, "smartlife.iot.smartbulb.lightingservice": service } = command as JsonObject;
  const relay = (system as JsonObject | undefined)?.["set_relay_state"] as JsonObject | undefined;
  if (relay) return relay["mark"] as number | undefined;
  const light = (service as JsonObject | undefined)?.["transition_light_state"];
  const color = (light ?? (method === "set_device_info" ? params : undefined)) as JsonObject | undefined;
  return color && markOfColor(color);
}

function bulb(alias: string, transport: LanTransport): LanProduct {
  const product = describeProduct("IOT.SMARTBULB", "LB130(EU)", "Smart Bulb", "1.0");
  return { identity: new Bulb(product, alias, { kelvin: [2500, 9000], colour: true }), transport };
}

const withAes = (product: LanProduct): LanProduct => ({ ...product, transport: "aes2" });
