import type { Clock } from "../../core/clock";
import { isPlainObject } from "../../core/encoding";
import { toNumber } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { parseCollection } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";
import { isLinkDown, linkName } from "./wan";

/** The latency of a link, as far as it is known. */
interface Latency {
  name: string;
  /** What the link's latency was judged by. */
  row: Fields;
  /** Undefined before the first sample. */
  isHigh: boolean | undefined;
}

/** A latency that was high is all right again at this part of the threshold. */
const OK_PART = 0.8;
/** What is looked at the first time, and where the router does not say how often it measures: seconds. */
const FIRST_LOOK_S = 60;
const DEFAULT_POINT_INTERVAL_S = 10;
/** Without an answer since the last look, one among so many points counts: the newest may still be under way. */
const MIN_POINTS = 3;

/**
 * The latency of the links, by the samples that the router itself takes for its health checks.
 * @param thresholdMs a latency above it is high
 */
export function latencySource(client: StatusReader, clock: Clock, thresholdMs: number): PollSource<Latency> {
  /** In milliseconds since 1970. */
  let lookedAt: number | undefined;
  return {
    async poll(_filter, previous, options) {
      const connections = parseCollection(await fetchStatus(client, "status.wan.connection", {}, options));
      const latencies = parseCollection(await fetchStatus(client, "status.wan.latency", {}, options));
      if (!connections || !latencies) throw protocolError("It is not a collection.");
      const now = clock.now();
      const elapsedS = lookedAt === undefined ? FIRST_LOOK_S : (now - lookedAt) / 1000;
      lookedAt = now;
      const links = new Map(connections.entries.map(([id, link]) => [String(id), link]));
      return new Map(
        latencies.entries.map(([id, entry]) => {
          const link = links.get(String(id));
          const fields = isPlainObject(entry) ? entry : {};
          const name = linkName(id, isPlainObject(link) ? link : fields);
          // The samples of a link that is down are those from before (peplink.md section 3).
          const samples = isPlainObject(link) && isLinkDown(link) ? [] : recentSamples(fields, elapsedS);
          const last = previous.get(String(id));
          const row = { connId: id, name, threshold: thresholdMs };
          if (samples.length === 0) return [String(id), last ?? { name, row, isHigh: undefined }];
          const latencyMs = median(samples);
          const isHigh = latencyMs > thresholdMs || (latencyMs > OK_PART * thresholdMs && last?.isHigh === true);
          return [String(id), { name, row: { ...row, latencyMs, samples: samples.length }, isHigh }];
        }),
      );
    },
    diff(before, after, id) {
      // That a latency becomes known is no change, unless it is high.
      const isChange = before?.isHigh === undefined ? !before || after?.isHigh : before.isHigh !== after?.isHigh;
      if (after?.isHigh === undefined || !isChange) return [];
      const event = after.isHigh ? "latency-high" : "latency-ok";
      return [{ event, id, name: after.name, current: after.row, previous: before?.row ?? null }];
    },
    // An outage cannot take anything away here.
    isDown: () => true,
  };
}

/** The samples of so many seconds, in milliseconds, or else the last one. */
function recentSamples({ latency }: Fields, seconds: number): number[] {
  const { data, pointInterval } = isPlainObject(latency) ? latency : {};
  if (!Array.isArray(data)) return [];
  const intervalS = toNumber(pointInterval) || DEFAULT_POINT_INTERVAL_S;
  // The newest are last, and one that got no answer is null.
  const count = Math.max(1, Math.round(Math.max(0, seconds) / intervalS));
  const answersOf = (points: number): number[] =>
    data
      .slice(-points)
      .map(toNumber)
      .filter((sample) => sample > 0);
  const answers = answersOf(count);
  return answers.length > 0 ? answers : answersOf(MIN_POINTS).slice(-1);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [lower = 0, upper = 0] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (lower + upper) / 2;
}
