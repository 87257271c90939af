import type { CallOptions } from "../../core/call-context";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { collectionEntries, toNumber } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
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

/** The data allowances that the router tracks, by `<connection>` or `<connection>-<SIM>`. */
export function allowanceSource(client: StatusReader): PollSource<Allowance> {
  return {
    async poll(_filter, previous, options) {
      const allowances = await fetchAllowances(client, options);
      for (const [id, allowance] of allowances) {
        const peak = previous.get(id)?.peak ?? 0;
        if (allowance.percent > peak - CYCLE_END_DROP) allowance.peak = Math.max(peak, allowance.percent);
      }
      // One that is missing, such as while it is disabled, resumes where it was.
      return new Map([...previous, ...allowances]);
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
  };
}

async function fetchAllowances(client: StatusReader, options: CallOptions): Promise<Map<string, Allowance>> {
  const connections = await fetchStatus(client, "status.wan.connection", {}, options);
  const links = new Map(collectionEntries(connections).map(([id, link]) => [String(id), link]));
  const response = await fetchStatus(client, "status.wan.connection.allowance", {}, options);
  const allowances = new Map<string, Allowance>();
  const add = (id: string, name: string, fields: Fields, owner: Fields): void => {
    const usage = toNumber(fields["usage"]);
    const limit = toNumber(fields["limit"]);
    const exact = limit > 0 && Number.isFinite(usage) ? (usage / limit) * 100 : toNumber(fields["percent"]);
    // All fields but `enable` may be missing (peplink.md section 3).
    if (fields["enable"] !== true || !Number.isFinite(exact)) return;
    const percent = Math.floor(exact * 10) / 10;
    allowances.set(id, { row: { ...fields, ...owner, percent }, name, percent, peak: percent });
  };
  for (const [connId, allowance] of collectionEntries(response)) {
    const name = linkName(connId, links.get(String(connId)) ?? {});
    const owner = { connId, name };
    // One for each SIM of a cellular link; flat for all others (peplink.md section 3).
    const sims = collectionEntries(allowance);
    if (sims.length === 0) add(String(connId), name, allowance, owner);
    for (const [simId, sim] of sims) add(`${connId}-${simId}`, name, sim, { ...owner, simId });
  }
  return allowances;
}
