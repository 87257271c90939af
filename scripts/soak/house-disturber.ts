import type { LanDevice } from "../../test/support/simulators/kasa-local/device";
import type { HttpFault } from "../../test/support/simulators/kasa-local/http";
import type { LanTransport } from "../../test/support/simulators/kasa-local/types";
import type { XorFault } from "../../test/support/simulators/kasa-local/xor-server";
import { oneOf } from "./random";

const DISTURB_EVERY_MS = 250;
/** No device is back sooner: a restart takes five seconds and more. */
const MIN_ABSENCE_MS = 1000;
const MAX_ABSENCE_MS = 3000;

const XOR_FAULTS: readonly XorFault[] = ["drop", "drop-response", "hang", "garbage", "huge", "half"];
const HTTP_FAULTS: readonly HttpFault[] = ["drop", "drop-response", "hang", "garbage", "noise", "endless"];
/** The steps of the envelopes: a fault in a handshake is another one than in a command. */
const STEPS = [/request|app$/, /handshake/, /./];
/** What an update, or the switch for other apps, may make of a device's envelope. */
const TRANSPORTS: Readonly<Record<LanDevice["family"], readonly LanTransport[]>> = {
  IOT: ["xor", "klap1", "klap2"],
  SMART: ["klap2", "klap2", "aes2", "aes1", "tpap"],
};

type Disturbance = (device: LanDevice, random: () => number) => Promise<void> | void;

/** Lets devices vanish, come back, move, hang and change, one thing at a time for each of them. */
export class HouseDisturber {
  /** How often each disturbance has happened. */
  readonly counts: Record<string, number> = {};
  readonly #devices: readonly LanDevice[];
  readonly #freeAddresses: string[];
  readonly #busy = new Map<LanDevice, Promise<void>>();
  #interval: NodeJS.Timeout | undefined;
  /** Ends the absences. */
  #heal: (() => void) | undefined;
  #healed: Promise<void> = Promise.resolve();

  readonly #disturbances: Readonly<Record<string, Disturbance>> = {
    fault: (device, random) => {
      if (device.transport === "xor") device.spoil(oneOf(XOR_FAULTS, random));
      else device.spoil(oneOf(HTTP_FAULTS, random), oneOf(STEPS, random));
    },
    forget: (device) => device.forgetSession(),
    vanish: (device, random) => this.#beAway(device, random),
    move: (device, random) => this.#beAway(device, random, this.#takeAddress(random)),
    swap: async (device, random) => {
      const other = oneOf(this.#devices, random);
      if (other === device || this.#busy.has(other)) return;
      const swapped = swap(device, other, () => this.#pause(MIN_ABSENCE_MS));
      this.#busy.set(other, swapped);
      await swapped.finally(() => this.#busy.delete(other));
    },
    update: (device, random) => device.changeTransport(oneOf(TRANSPORTS[device.family], random)),
    sleep: async (device) => {
      await device.powerOff();
      device.asleep = true;
      await device.powerOn();
    },
    deaf: async (device, random) => {
      device.deaf = true;
      await this.#pause(random() * MAX_ABSENCE_MS);
      device.deaf = false;
    },
  };

  constructor(devices: readonly LanDevice[], spareAddresses: readonly string[]) {
    this.#devices = devices;
    this.#freeAddresses = [...spareAddresses];
  }

  start(random: () => number): void {
    this.#healed = new Promise((resolve) => (this.#heal = resolve));
    this.#interval = setInterval(() => this.#disturbOne(random), DISTURB_EVERY_MS);
  }

  /** Brings every device back, without a fault. */
  async stop(): Promise<void> {
    clearInterval(this.#interval);
    this.#heal?.();
    await Promise.all(this.#busy.values());
    for (const device of this.#devices) {
      device.xor.faults.length = 0;
      device.http.faults.length = 0;
      if (device.transport === "tpap") await device.changeTransport("klap2");
    }
  }

  #disturbOne(random: () => number): void {
    const [device, name] = [oneOf(this.#devices, random), oneOf(Object.keys(this.#disturbances), random)];
    if (this.#busy.has(device)) return;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    const done = Promise.resolve(this.#disturbances[name]?.(device, random)).finally(() => this.#busy.delete(device));
    this.#busy.set(device, done);
  }

  /** Without power for a while; the cloud knows it. */
  async #beAway(device: LanDevice, random: () => number, address?: string): Promise<void> {
    device.identity.online = false;
    await device.powerOff();
    if (address !== undefined) {
      this.#freeAddresses.push(device.host);
      device.host = address;
    }
    await this.#pause(MIN_ABSENCE_MS + random() * (MAX_ABSENCE_MS - MIN_ABSENCE_MS));
    await device.powerOn();
    device.identity.online = true;
  }

  // Soon another device may have the one that is left.
  #takeAddress(random: () => number): string | undefined {
    return this.#freeAddresses.splice(Math.floor(random() * this.#freeAddresses.length), 1)[0];
  }

  async #pause(ms: number): Promise<void> {
    await Promise.race([this.#healed, new Promise((resolve) => setTimeout(resolve, ms))]);
  }
}

/** Each of two devices gets the address of the other one. */
async function swap(device: LanDevice, other: LanDevice, pause: () => Promise<void>): Promise<void> {
  await Promise.all([device.powerOff(), other.powerOff()]);
  await pause();
  [device.host, other.host] = [other.host, device.host];
  await Promise.all([device.powerOn(), other.powerOn()]);
}
