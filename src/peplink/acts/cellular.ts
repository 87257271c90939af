import { noValue, textValue, toObject } from "../../acts/values";
import { isPlainObject } from "../../core/encoding";
import { inputError, type PlatformError } from "../../core/errors";
import { toId, toNumber, toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import { parseCollection, toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { findCarrier, parseCarrier, type Carrier } from "./carriers";
import type { RouterAct, RouterActContext } from "./context";
import { cellularTarget, fetchWan, modemOf, parsePhoneNumber, smsTarget, type Entry, type SmsTarget } from "./targets";

/** The firmware from which the order of all SIMs is written, and can no longer be read (peplink.md section 2.1). */
const SIM_PRIORITY_SINCE = [8, 3] as const;
/** What may be used beside the cards in the slots. */
const OTHER_SIMS = ["remoteSim", "speedfusionConnect5gLte"];

const SIM_NAMES: Readonly<Record<string, number>> = { "1": 1, "2": 2, a: 1, b: 2 };

const simSwitch: RouterAct<Entry, number> = {
  target: cellularTarget,
  value: {
    kind: "number",
    parse(value) {
      const isWord = typeof value === "string" || typeof value === "number";
      const sim = isWord ? SIM_NAMES[String(value).trim().toLowerCase()] : undefined;
      if (sim !== undefined) return sim;
      throw inputError('"value" must be a SIM: 1 or 2, which some models call A and B.');
    },
  },
  since: "firmware 8.0.0 or later",
  async requests(context, wan, sim) {
    const slots = simsOf(wan.fields).map(([slot]) => slot);
    if (slots.length > 0 && !slots.includes(sim)) {
      throw inputError(`"${wan.name}" has no SIM ${sim}. It has: ${slots.join(", ")}.`);
    }
    return [{ endpoint: "cmd.wan.cellular", body: { connId: wan.id, ...(await preferSim(context, wan, slots, sim)) } }];
  },
  read: async (context, wan) => activeSim(await fetchWan(context, wan)),
};

const modemReset: RouterAct<Entry> = {
  target: cellularTarget,
  value: noValue,
  confirm: "reset the modem, and cut off its connection meanwhile",
  since: "firmware 8.0.0 or later",
  requests: (_context, { id }) => [{ endpoint: "cmd.cellularModule.reset", body: { connId: id } }],
};

/** A connection, and the carrier that was chosen for it. */
type CarrierTarget = Entry & { chosen?: Carrier };

const carrierSelect: RouterAct<CarrierTarget, string | Carrier> = {
  target: cellularTarget,
  value: {
    kind: "text",
    parse(value) {
      const fields = toObject(value);
      // A number is no name: a timestamp would have the modem scan for minutes.
      return fields || typeof value !== "string" ? parseCarrier(fields ?? {}) : carrierName.parse(value);
    },
  },
  since: "firmware 8.0.1 or later, and 8.1.0 to choose a carrier by its name",
  // A modem scans once at a time, and not while it attaches to another carrier.
  isLookupExclusive: true,
  async requests(context, wan, value) {
    const chosen = typeof value === "string" ? await findCarrier(context, wan.id, value) : value;
    wan.chosen = chosen;
    return [{ endpoint: "cmd.carrier.select", body: { connId: wan.id, selectedCarrier: { ...chosen } } }];
  },
  read: async (context, wan) => currentCarrier(await fetchWan(context, wan)),
  shows: (now, _value, { chosen }) => chosen !== undefined && isPlainObject(now) && isSame(now, chosen),
};

const smsSend: RouterAct<SmsTarget, string | { to: string; text: string }> = {
  target: smsTarget,
  value: { kind: "text", parse: parseMessage },
  since: "firmware 8.0.0 or later",
  requests(_context, target, value) {
    if ("number" in target) {
      if (typeof value !== "string")
        throw inputError('"target" is a number, so "value" must be the text to send to it.');
      return [{ endpoint: "cmd.sms.sendMessage", body: { address: target.number, content: value } }];
    }
    if (typeof value === "string") {
      throw inputError('"target" is a connection, so "value" must be an object: {"to": "+49170123456", "text": "…"}.');
    }
    const { to, text } = value;
    return [{ endpoint: "cmd.sms.sendMessage", body: { connId: target.wan.id, address: to, content: text } }];
  },
};

export const CELLULAR_ACTS = {
  "sim-switch": simSwitch,
  "modem-reset": modemReset,
  "sms-send": smsSend,
  "carrier-select": carrierSelect,
};

const MAX_TEXT_LENGTH = 1600;
const carrierName = textValue("the name of a carrier", 100);
const messageText = textValue("a text", MAX_TEXT_LENGTH);

function parseMessage(value: unknown): string | { to: string; text: string } {
  const { to, text } = toObject(value) ?? {};
  if (to === undefined && text === undefined) return messageText.parse(value);
  return { to: parsePhoneNumber(to, "value.to"), text: messageText.parse(text) };
}

/** The SIM slots of a connection, in the router's order. */
function simsOf(wan: Fields): [slot: number | string, sim: unknown][] {
  const slots = parseCollection(modemOf(wan)?.["sim"])?.entries ?? [];
  return slots.map(([id, sim]) => [SIM_NAMES[id] ?? id, sim]);
}

/** The slot in use: 1, 2, or the word for another kind of SIM. */
function activeSim(wan: Fields): number | string | null {
  const others = OTHER_SIMS.map((kind): [string, unknown] => [kind, modemOf(wan)?.[kind]]);
  const active = [...simsOf(wan), ...others].find(([, sim]) => isActive(sim));
  return active ? active[0] : null;
}

const isActive = (sim: unknown): boolean => isPlainObject(sim) && toFlag(sim["active"]) === true;

/** Puts a SIM first. What else is used stays in use, as far as the router tells. */
async function preferSim(
  context: RouterActContext,
  { id, fields }: Entry,
  slots: readonly (number | string)[],
  sim: number,
): Promise<Fields> {
  if (await isOlderFirmware(context)) {
    const settings = await context.read("cmd.wan.cellular", { connId: id });
    const { enabledSim } = isPlainObject(settings) ? settings : {};
    const listed: unknown[] = Array.isArray(enabledSim) ? enabledSim : toId(enabledSim).split(/[\s,]+/);
    const enabled = listed.map(toNumber).filter(Number.isFinite);
    if (enabled.length === 0) throw unknownSimsError();
    return { enabledSim: [...new Set([...enabled, sim])].toSorted((a, b) => a - b), preferredSim: sim };
  }
  if (slots.length === 0) throw unknownSimsError();
  const others = OTHER_SIMS.filter((kind) => isActive(modemOf(fields)?.[kind]));
  return { simPriority: [...new Set([sim, ...slots, ...others])] };
}

// A SIM that is not listed is not used any more (peplink.md section 2.1).
function unknownSimsError(): PlatformError {
  return protocolError("It does not say which SIMs there are, and those that are left out would not be used any more.");
}

async function isOlderFirmware(context: RouterActContext): Promise<boolean> {
  const firmwares = parseCollection(await context.read("info.firmware"))?.entries ?? [];
  const inUse = firmwares
    .map(([, firmware]) => firmware)
    .filter(isPlainObject)
    .find((one) => toFlag(one["inUse"]));
  const [major = Number.NaN, minor = Number.NaN] = toText(inUse?.["version"]).split(".").map(Number);
  const [sinceMajor, sinceMinor] = SIM_PRIORITY_SINCE;
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}

/** The network that a modem is attached to; null while there is none. */
function currentCarrier(wan: Fields): object | null {
  const { mcc, mnc, carrier } = modemOf(wan) ?? {};
  const name = isPlainObject(carrier) ? toText(carrier["name"]) : "";
  return mcc === undefined && name === "" ? null : { name, mcc, mnc };
}

// The zeros in front of a network's number come and go (peplink.md section 2.1).
function isSame(now: Fields, { mcc, mnc, name }: Carrier): boolean {
  if (now["mcc"] === undefined) return now["name"] === name;
  return toNumber(now["mcc"]) === Number(mcc) && toNumber(now["mnc"]) === Number(mnc);
}
