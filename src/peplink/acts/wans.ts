import { noValue, switchValue } from "../../acts/values";
import { isPlainObject } from "../../core/encoding";
import { inputError, PlatformError } from "../../core/errors";
import { toNumber } from "../../core/scalar";
import { toFlag } from "../collections";
import { carriesTraffic } from "../links";
import type { RouterAct, RouterActContext, RouterRequest } from "./context";
import { fetchWan, fetchWans, fieldsOf, wanTarget, type Entry, type WanTarget } from "./targets";

const SINCE = "firmware 8.0.0 or later";
const ORDER_OF_LINKS = "wan-order";

/** A change of a connection; what it leaves out stays as it is. */
interface WanChange {
  connId: number | string;
  priority?: number;
  enable?: boolean;
}

const wanPriority: RouterAct<WanTarget, number> = {
  target: wanTarget,
  value: {
    kind: "number",
    parse(value) {
      const priority = toNumber(value);
      if (Number.isSafeInteger(priority) && priority > 0) return priority;
      throw inputError('"value" must be a priority: 1 for the first connection to use, 2 for the next …');
    },
  },
  lockKey: ORDER_OF_LINKS,
  since: SINCE,
  requests: (_context, { id }, priority) => [changeWans([{ connId: id, priority }])],
  read: async (context, wan) => finite(await fetchPriority(context, wan)),
};

const wanEnable: RouterAct<WanTarget, boolean> = {
  target: wanTarget,
  value: switchValue,
  since: SINCE,
  requests: (_context, { id }, enable) => [changeWans([{ connId: id, enable }])],
  read: async (context, wan) => toFlag((await fetchWan(context, wan))["enable"]),
};

const wanPrefer: RouterAct<WanTarget> = {
  target: wanTarget,
  value: noValue,
  lockKey: ORDER_OF_LINKS,
  since: SINCE,
  requests(_context, wan) {
    if (toFlag(wan.fields["enable"]) !== false) return [changeWans(putFirst(wan))];
    throw new PlatformError("rejected", `"${wan.name}" is switched off. Switch it on first: the act is wan-enable.`);
  },
  read: async (context) => describeFirst(await fetchWans(context)),
  shows: (now, _value, wan) => now === labelsOf(wan.all)(wan),
};

export const WAN_ACTS = { "wan-priority": wanPriority, "wan-enable": wanEnable, "wan-prefer": wanPrefer };

/** The only configuration that can be in effect at once (peplink.md section 2.3). Connections that are not listed stay. */
function changeWans(list: readonly WanChange[]): RouterRequest {
  return { endpoint: "config.wan.connection.priority", body: { instantActive: true, list } };
}

/**
 * Gives a connection the first priority alone. The others keep their order, and a priority that several of them share. All
 * are named, also those that stay: a router shows an earlier change only after seconds (peplink.md section 2.3).
 */
function putFirst({ id, all }: WanTarget): WanChange[] {
  const changes: WanChange[] = [{ connId: id, priority: 1 }];
  const others = all.filter((wan) => wan.id !== id && isUsed(wan)).toSorted((a, b) => priorityOf(a) - priorityOf(b));
  let [before, after] = [Number.NaN, 1];
  for (const other of others) {
    const priority = priorityOf(other);
    if (priority !== before) after = Math.max(priority, after + 1);
    before = priority;
    changes.push({ connId: other.id, priority: after });
  }
  return changes;
}

/** The connection that is used first; several if they share the priority. */
function describeFirst(all: readonly Entry[]): string | string[] | null {
  const used = all.filter(isUsed);
  const best = used.reduce((least, wan) => Math.min(least, priorityOf(wan)), Infinity);
  const [first, ...others] = used.filter((wan) => priorityOf(wan) === best).map(labelsOf(all));
  return others.length > 0 ? [first!, ...others] : (first ?? null);
}

/** Calls connections by their names, with their numbers where several have the same name. */
function labelsOf(all: readonly Entry[]): (wan: Entry) => string {
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ id, name }) => (name !== "" && counts.get(name) === 1 ? name : `${name || "WAN"} (${id})`);
}

/** Whether it takes part in the order. */
function isUsed(wan: Entry): boolean {
  return toFlag(wan.fields["enable"]) !== false && carriesTraffic(wan.fields) && Number.isFinite(priorityOf(wan));
}

const priorityOf = ({ fields }: Entry): number => toNumber(fields["priority"]);

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The status of a connection that is switched off has no priority (peplink.md section 3), but its configuration has. */
async function fetchPriority(context: RouterActContext, wan: Entry): Promise<number> {
  const { priority } = await fetchWan(context, wan);
  if (priority !== undefined) return toNumber(priority);
  const params = { id: [wan.id], infoType: ["connection"] };
  const { connection } = fieldsOf(await context.read("config.wan.connection", params), wan.id);
  return toNumber(isPlainObject(connection) ? connection["priority"] : undefined);
}
