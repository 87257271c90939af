import { BenchProcess } from "./ipc";
import { caseName, type Addresses, type LoadCase, type ServerCounters, type Slice, type VariantName } from "./types";

/** Which variants are measured in which cases. */
export type Plan = [variant: VariantName, cases: LoadCase[]][];

/** How much is measured. */
export interface RunLength {
  rounds: number;
  /** Rounds at the start that are discarded. */
  warmUp: number;
  /** Requests that each variant makes before the first round. */
  warmUpRequests: number;
  /** Length of a slice. */
  ms: number;
}

/** The slices of all rounds, and what is needed to see whether they are valid. */
interface Measurement {
  slices: Slice[];
  /** Requests that the server received in all rounds. */
  received: number;
  /** Requests that the variant says it completed. */
  completed: number;
  errors: number;
}

// The server has one CPU to itself; the process that is being measured has the other.
export const SERVER_CPU = 0;
export const CLIENT_CPU = 1;

/** All variants, measured side by side. */
export class Rounds {
  readonly #measurements = new Map<string, Measurement>();

  /** The measurement of a variant in a case; undefined when it was not planned. */
  of(variant: VariantName, loadCase: LoadCase): Measurement | undefined {
    return this.#measurements.get(`${variant} ${caseName(loadCase)}`);
  }

  /** Measures: every round gives each variant one slice of time per case, and every other round runs in reverse. */
  static async run(
    server: BenchProcess,
    plan: Plan,
    { rounds, warmUp, warmUpRequests, ms }: RunLength,
    log: (line: string) => void,
  ): Promise<Rounds> {
    const results = new Rounds();
    const addresses = await server.call<Addresses>("addresses");
    const workers = new Map<VariantName, BenchProcess>();
    try {
      for (const [variant, cases] of plan) {
        log(`starting "${variant}"`);
        const worker = BenchProcess.start("scripts/bench/worker.ts", [variant], CLIENT_CPU);
        workers.set(variant, worker);
        await worker.call("start", { variant, addresses });
        for (const [index, loadCase] of cases.entries()) {
          // Later cases run mostly what was compiled for the first.
          const share = (index === 0 ? 1 : 1 / 4) * (loadCase.size === "small" ? 1 : 1 / 8);
          await worker.call("warmUp", { loadCase, count: warmUpRequests * share });
        }
      }
      const steps = plan.flatMap(([variant, cases]) => cases.map((loadCase) => ({ variant, loadCase })));
      for (let round = -warmUp; round < rounds; round++) {
        log(round < 0 ? `warming up, ${-round} to go` : `round ${round + 1} of ${rounds}`);
        const order = round % 2 === 0 ? steps : steps.toReversed();
        for (const { variant, loadCase } of order) {
          await server.call<ServerCounters>("counters");
          const slice = (await workers.get(variant)?.call<Slice>("slice", { loadCase, ms })) as Slice;
          const { requests } = await server.call<ServerCounters>("counters");
          if (round >= 0) results.#add(variant, loadCase, slice, requests);
        }
      }
    } finally {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    }
    return results;
  }

  #add(variant: VariantName, loadCase: LoadCase, slice: Slice, received: number): void {
    const key = `${variant} ${caseName(loadCase)}`;
    const measurement = this.#measurements.get(key) ?? { slices: [], received: 0, completed: 0, errors: 0 };
    measurement.slices.push(slice);
    measurement.received += received;
    measurement.completed += slice.count;
    measurement.errors += slice.errors;
    this.#measurements.set(key, measurement);
  }
}
