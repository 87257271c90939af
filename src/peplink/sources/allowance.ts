import type { CallOptions } from "../../core/call-context";
import { isPlainObject } from "../../core/encoding";
import { toNumber } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { parseCollection, toFlag } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
import { UnreadableEntries } from "./unreadable-entries";
import { linkName } from "./wan";

/** The data allowance of a link, or of a SIM in it. */
interface Allowance {
  /** The router's own fields, and the link and SIM that they belong to. */
  row: Fields;
  name: string;
  /** Percentage of the limit that is used. */
  percent: number;
  /** The highest percentage in this billing cycle. */
  peak: number;
}

/** Percentages that are emitted once per billing cycle. */
const THRESHOLDS = [50, 75, 90, 100];
/** Usage only grows. If it falls by more percent points than this, another cycle has begun, or the limit was changed. */
const CYCLE_END_DROP = 5;
/** How many allowances are remembered, listed or not. */
const MAX_ALLOWANCES = 1000;

/** The data allowances that the router tracks, by `<connection>` or `<connection>-<SIM>`. */
export function allowanceSource(client: StatusReader): PollSource<Allowance> {
  const unreadable = new UnreadableEntries();
  return {
    async poll(_filter, previous, options) {
      const allowances = await fetchAllowances(client, unreadable, options);
      for (const [id, allowance] of allowances) {
        const peak = previous.get(id)?.peak ?? 0;
        if (allowance.percent > peak - CYCLE_END_DROP) allowance.peak = Math.max(peak, allowance.percent);
      }
      // One that is missing, such as while it is disabled, resumes where it was.
      return new Map([...previous, ...allowances].slice(-MAX_ALLOWANCES));
    },
    diff(before, after, id) {
      if (!after) return [];
      const crossed = THRESHOLDS.filter((threshold) => after.peak >= threshold && threshold > (before?.peak ?? 0));
      // The initial state is only the last threshold that was crossed.
      const thresholds = before ? crossed : crossed.slice(-1);
      return thresholds.map((threshold): ChangeEvent => {
        const current = { ...after.row, threshold };
        return { event: "allowance-crossed", id, name: after.name, current, previous: before?.row ?? null };
      });
    },
    // An outage cannot take anything away here.
    isDown: () => true,
  };
}

async function fetchAllowances(
  client: StatusReader,
  unreadable: UnreadableEntries,
  options: CallOptions,
): Promise<Map<string, Allowance>> {
  const connections = parseCollection(await fetchStatus(client, "status.wan.connection", {}, options));
  const links = new Map(connections?.entries.map(([id, link]) => [String(id), isPlainObject(link) ? link : {}]));
  const collection = parseCollection(await fetchStatus(client, "status.wan.connection.allowance", {}, options));
  if (!connections || !collection) throw protocolError("It is not a collection.");
  const nameOf = (connId: number | string): string => linkName(connId, links.get(String(connId)) ?? {});
  const leftOut = collection.missing.map(nameOf);
  const allowances = new Map<string, Allowance>();
  let readable = 0;
  for (const [connId, fields] of collection.entries) {
    const name = nameOf(connId);
    if (!isPlainObject(fields)) {
      leftOut.push(name);
      continue;
    }
    const owner = { connId, name };
    const { sims, missing } = parseSims(fields);
    if (missing.length === 0 || sims.length > 0) readable++;
    leftOut.push(...missing.map((simId) => `SIM ${simId} of ${name}`));
    if (sims.length === 0) setAllowance(allowances, String(connId), name, fields, owner);
    for (const [simId, sim] of sims) setAllowance(allowances, `${connId}-${simId}`, name, sim, { ...owner, simId });
  }
  unreadable.report(leftOut, readable, options);
  return allowances;
}

// One for each SIM of a cellular link; flat for all others (peplink.md section 3). A remote SIM or an eSIM has a word as its
// key, which need not be in the order.
function parseSims(allowance: Fields): { sims: [id: number | string, sim: Fields][]; missing: (number | string)[] } {
  const { entries, missing } = parseCollection(allowance) ?? { entries: [], missing: [] };
  const sims = new Map<string, [id: number | string, sim: Fields]>();
  for (const [id, sim] of entries) if (isPlainObject(sim)) sims.set(String(id), [id, sim]);
  for (const [id, sim] of Object.entries(allowance))
    if (isPlainObject(sim) && "enable" in sim && !sims.has(id)) sims.set(id, [id, sim]);
  const unreadable = [...missing, ...entries.filter(([, sim]) => !isPlainObject(sim)).map(([id]) => id)];
  return { sims: [...sims.values()], missing: unreadable };
}

function setAllowance(
  allowances: Map<string, Allowance>,
  id: string,
  name: string,
  fields: Fields,
  owner: Fields,
): void {
  const usage = toNumber(fields["usage"]);
  const limit = toNumber(fields["limit"]);
  const exact = limit > 0 && Number.isFinite(usage) ? (usage / limit) * 100 : toNumber(fields["percent"]);
  // All fields but `enable` may be missing (peplink.md section 3).
  if (!toFlag(fields["enable"]) || !Number.isFinite(exact)) return;
  const percent = Math.floor(exact * 10) / 10;
  allowances.set(id, { row: { ...fields, ...owner, percent }, name, percent, peak: percent });
}
