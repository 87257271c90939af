import { BenchProcess } from "./ipc";
import { caseName, type Addresses, type LoadCase, type ServerCounters, type Slice, type VariantName } from "./types";

/** Which variants are measured in which cases. */
export type Plan = [variant: VariantName, cases: LoadCase[]][];

/** How much is measured. */
export interface RunLength {
  /** How often every variant gets a new process: two processes of one build are not equally fast. */
  processes: number;
  /** Rounds of each process. */
  rounds: number;
  /** Rounds before them that are discarded. */
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

  /**
   * Measures: every round gives each variant one slice of time per case, and every other round runs in reverse. All
   * variants of a case follow one another, so that what else slows the machine down for a while slows down all of them.
   */
  static async run(server: BenchProcess, plan: Plan, length: RunLength, log: (line: string) => void): Promise<Rounds> {
    const results = new Rounds();
    const addresses = await server.call<Addresses>("addresses");
    for (let number = 1; number <= length.processes; number++) {
      log(`processes ${number} of ${length.processes}`);
      const workers = new Map<VariantName, BenchProcess>();
      try {
        for (const [variant, cases] of plan) workers.set(variant, await startWorker(variant, cases, addresses, length));
        await results.#measure(server, workers, plan, length, log);
      } finally {
        await Promise.all([...workers.values()].map((worker) => worker.stop()));
      }
    }
    return results;
  }

  async #measure(
    server: BenchProcess,
    workers: ReadonlyMap<VariantName, BenchProcess>,
    plan: Plan,
    { rounds, warmUp, ms }: RunLength,
    log: (line: string) => void,
  ): Promise<void> {
    const steps = stepsByCase(plan);
    for (let round = -warmUp; round < rounds; round++) {
      log(round < 0 ? `warming up, ${-round} to go` : `round ${round + 1} of ${rounds}`);
      const order = round % 2 === 0 ? steps : steps.toReversed();
      for (const { variant, loadCase } of order) {
        await server.call<ServerCounters>("counters");
        const slice = (await workers.get(variant)?.call<Slice>("slice", { loadCase, ms })) as Slice;
        const { requests } = await server.call<ServerCounters>("counters");
        if (round >= 0) this.#add(variant, loadCase, slice, requests);
      }
    }
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

/** Starts the process of a variant and warms it up. */
async function startWorker(
  variant: VariantName,
  cases: LoadCase[],
  addresses: Addresses,
  { warmUpRequests }: RunLength,
): Promise<BenchProcess> {
  const worker = BenchProcess.start("scripts/bench/worker.ts", [variant], CLIENT_CPU);
  await worker.call("start", { variant, addresses });
  for (const [index, loadCase] of cases.entries()) {
    // Later cases run mostly what was compiled for the first.
    const share = (index === 0 ? 1 : 1 / 4) * (loadCase.size === "small" ? 1 : 1 / 8);
    await worker.call("warmUp", { loadCase, count: warmUpRequests * share });
  }
  return worker;
}

/** Every variant in every case, sorted by the case. */
function stepsByCase(plan: Plan): { variant: VariantName; loadCase: LoadCase }[] {
  const steps = plan.flatMap(([variant, cases]) => cases.map((loadCase) => ({ variant, loadCase })));
  return steps.toSorted((a, b) => caseName(a.loadCase).localeCompare(caseName(b.loadCase)));
}
