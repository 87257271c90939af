import { isPlainObject } from "../../core/encoding";
import { toId, toNumber, toText } from "../../core/scalar";
import type { PollSource } from "../../polling/types";
import { toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { fetchCellularLinks, type CellularLink } from "./cellular-links";
import type { StatusReader } from "./status-reader";

/** What is known of one aspect of a cellular link. What is undefined says nothing. */
type Facts = Readonly<Record<string, string | undefined>>;

/** One aspect of a cellular link. */
interface Aspect {
  kind: Kind;
  facts: Facts;
  connId: string;
  name: string;
  /** The router's own fields of the module, and what is derived from them. */
  row: Fields;
}

type Kind = "carrier" | "sim" | "roaming" | "signal";

/** A signal of at most so many of five bars is low, … */
const LOW_SIGNAL_LEVEL = 1;
/** … and it is all right again from so many on. */
const GOOD_SIGNAL_LEVEL = 3;
/** The code of a SIM that is at home. */
const HOME_NETWORK = "1";
/** How many aspects are remembered, also of links that are disabled for a while. */
const MAX_ASPECTS = 1000;

const PARSERS: Readonly<Record<Kind, (link: CellularLink) => Facts>> = {
  carrier: ({ module: { carrier, mcc, mnc } }) => {
    const network = [mcc, mnc].map(toId);
    const name = isPlainObject(carrier) ? toText(carrier["name"]) : toText(carrier);
    return { name: name || undefined, network: network.every(Boolean) ? network.join("-") : undefined };
  },
  sim: ({ module }) => {
    const [slot, sim] = findActiveSim(module) ?? [];
    return { slot, card: toText(sim?.["iccid"]) || undefined };
  },
  // 0 abroad, 1 at home, 2 with a partner (peplink.md section 3).
  roaming: ({ module: { roamingStatus } }) => {
    const code = toNumber(isPlainObject(roamingStatus) ? roamingStatus["code"] : roamingStatus);
    return { code: Number.isNaN(code) ? undefined : String(code) };
  },
  signal: (link) => {
    const level = signalLevel(link);
    const isBetween = level > LOW_SIGNAL_LEVEL && level < GOOD_SIGNAL_LEVEL;
    return { state: Number.isNaN(level) || isBetween ? undefined : level <= LOW_SIGNAL_LEVEL ? "low" : "ok" };
  },
};

/**
 * Carrier, SIM, roaming and signal of the cellular links. What the router does not report, such as the carrier while it
 * connects, is as it was.
 */
export function cellularSource(client: StatusReader): PollSource<Aspect> {
  return {
    async poll(_filter, previous, options) {
      const aspects = new Map<string, Aspect>();
      for (const link of await fetchCellularLinks(client, options)) {
        const { connId, name, module } = link;
        for (const kind of Object.keys(PARSERS) as Kind[]) {
          const key = `${kind} ${connId}`;
          const facts = toFlag(module["modulePowerOn"]) === false ? {} : PARSERS[kind](link);
          const known = remember(previous.get(key)?.facts ?? {}, facts);
          aspects.set(key, { kind, facts: known, connId: String(connId), name, row: toRow(link) });
        }
      }
      return new Map([...previous, ...aspects].slice(-MAX_ASPECTS));
    },
    diff(before, after) {
      if (!after || !isKnown(after.facts)) return [];
      const { kind, facts, connId, name, row } = after;
      const isChange =
        before && isKnown(before.facts) ? differ(before.facts, facts) : !before || facts["state"] === "low";
      if (!isChange) return [];
      const event = kind === "signal" ? `signal-${facts["state"]}` : `${kind}-changed`;
      return [{ event, id: connId, name, current: row, previous: before?.row ?? null }];
    },
    // An outage cannot take anything away here.
    isDown: () => true,
  };
}

function isKnown(facts: Facts): boolean {
  return Object.values(facts).some((fact) => fact !== undefined);
}

function differ(one: Facts, other: Facts): boolean {
  return Object.keys(one).some((name) => {
    const [before, after] = [one[name], other[name]];
    return before !== undefined && after !== undefined && before.toLowerCase() !== after.toLowerCase();
  });
}

// Of another SIM nothing is known from the last one.
function remember(before: Facts, after: Facts): Facts {
  if (differ(before, after)) return after;
  return { ...before, ...Object.fromEntries(Object.entries(after).filter(([, fact]) => fact !== undefined)) };
}

function toRow(link: CellularLink): Fields {
  const { connId, name, module } = link;
  const { code } = PARSERS.roaming(link);
  const [activeSim] = findActiveSim(module) ?? [];
  const level = signalLevel(link);
  return {
    ...module,
    connId,
    name,
    ...(activeSim !== undefined && { activeSim }),
    ...(code !== undefined && { roaming: code !== HOME_NETWORK }),
    ...(!Number.isNaN(level) && { signalLevel: level }),
  };
}

// The slots are a collection; a remote SIM or an eSIM has a field of its own (peplink.md section 3).
function findActiveSim({ sim, ...others }: Fields): [slot: string, sim: Fields] | undefined {
  const slots: [string, unknown][] = [...Object.entries(isPlainObject(sim) ? sim : {}), ...Object.entries(others)];
  return slots.find((slot): slot is [string, Fields] => isPlainObject(slot[1]) && toFlag(slot[1]["active"]) === true);
}

// A module that finds no network may leave the level out.
function signalLevel({ link, module }: CellularLink): number {
  const level = toNumber(module["signalLevel"]);
  return Number.isNaN(level) && link["statusLed"] !== "green" && findActiveSim(module) ? 0 : level;
}
