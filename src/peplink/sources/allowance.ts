import type { CallOptions } from "../../core/call-context";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { collectionEntries, fetchStatus, toNumber, type StatusReader } from "../collections";
import type { Fields } from "../endpoints";
import { nameOf } from "./wan";

/** A data allowance: of a link, or of a SIM in it. */
interface Allowance {
  /** What the router shows of it, and to what it belongs. */
  shown: Fields;
  name: string;
  /** Of the limit. */
  percent: number;
  /** The most that it was in this billing cycle. */
  peak: number;
}

/** Told once in a billing cycle each, in percent. */
const THRESHOLDS = [50, 75, 90, 100];
/** Usage only grows: where it has fallen by more than this, in percent of the limit, it is that of another cycle or limit. */
const NEW_CYCLE = 5;

/** The data allowances that the router keeps an eye on. */
export function allowanceSource(client: StatusReader): PollSource<Allowance> {
  let known: ReadonlyMap<string, Allowance> = new Map();
  return {
    async poll(_filter, _previous, options) {
      const now = await readAllowances(client, options);
      for (const [id, allowance] of now) {
        const { peak = 0 } = known.get(id) ?? {};
        if (allowance.percent > peak - NEW_CYCLE) allowance.peak = Math.max(peak, allowance.percent);
      }
      // One that is switched off for a while goes on where it was.
      known = new Map([...known, ...now]);
      return known;
    },
    diff(before, after, id) {
      if (!after) return [];
      const crossed = THRESHOLDS.filter((threshold) => after.peak >= threshold && threshold > (before?.peak ?? 0));
      // Of what was there before somebody looked, the last step says all.
      const told = before ? crossed : crossed.slice(-1);
      return told.map((threshold): ChangeEvent => {
        const current = { ...after.shown, threshold };
        return { event: "allowance-crossed", id, name: after.name, current, previous: before?.shown ?? null };
      });
    },
  };
}

async function readAllowances(client: StatusReader, options: CallOptions): Promise<Map<string, Allowance>> {
  const links = new Map(
    collectionEntries(await fetchStatus(client, "status.wan.connection", {}, options)).map(([id, link]) => [
      String(id),
      link,
    ]),
  );
  const answer = await fetchStatus(client, "status.wan.connection.allowance", {}, options);
  const found = new Map<string, Allowance>();
  const add = (id: string, name: string, row: Fields, of: Fields): void => {
    const usage = toNumber(row["usage"]);
    const limit = toNumber(row["limit"]);
    const exact = limit > 0 && Number.isFinite(usage) ? (usage / limit) * 100 : toNumber(row["percent"]);
    // All but `enable` may be missing (peplink.md section 3): then it is where it was.
    if (row["enable"] !== true || !Number.isFinite(exact)) return;
    const percent = Math.floor(exact * 10) / 10;
    found.set(id, { shown: { ...row, ...of, percent }, name, percent, peak: percent });
  };
  for (const [connId, allowance] of collectionEntries(answer)) {
    const name = nameOf(connId, links.get(String(connId)) ?? {});
    const own = { connId, name };
    // One for each SIM of a cellular link; flat elsewhere (peplink.md section 3).
    const sims = collectionEntries(allowance);
    if (sims.length === 0) add(String(connId), name, allowance, own);
    for (const [simId, sim] of sims) add(`${connId}-${simId}`, name, sim, { ...own, simId });
  }
  return found;
}
