import { Helper } from "./ipc";
import { nameOf, type Addresses, type Case, type Seen, type Slice, type VariantName } from "./types";

/** Which variants are measured in which cases. */
export type Plan = [variant: VariantName, cases: Case[]][];

/** How long is measured. */
export interface Length {
  rounds: number;
  /** Rounds that do not count. */
  warmUp: number;
  /** Requests that each variant makes before the first round. */
  warmRequests: number;
  /** Of a slice. */
  ms: number;
}

/** The slices of all rounds, and whether the server saw what the variant says that it sent. */
export interface Measured {
  slices: Slice[];
  /** Requests that the server saw, all rounds together. */
  seen: number;
  counted: number;
  errors: number;
}

export class Rounds {
  readonly #all = new Map<string, Measured>();

  /** What was measured of a variant in a case; nothing where it was not in the plan. */
  of(variant: VariantName, asked: Case): Measured | undefined {
    return this.#all.get(`${variant} ${nameOf(asked)}`);
  }

  /**
   * Measures: every round gives every variant one slice of time per case, the next round in the reversed order.
   */
  static async run(
    server: Helper,
    plan: Plan,
    { rounds, warmUp, warmRequests, ms }: Length,
    tell: (what: string) => void,
  ): Promise<Rounds> {
    const measured = new Rounds();
    const addresses = await server.ask<Addresses>("addresses");
    const helpers = new Map<VariantName, Helper>();
    try {
      for (const [variant, cases] of plan) {
        tell(`starting "${variant}"`);
        const helper = Helper.start("scripts/bench/worker.ts", [variant], CLIENT_CPU);
        helpers.set(variant, helper);
        await helper.ask("begin", { variant, addresses });
        for (const [at, asked] of cases.entries()) {
          // What was compiled for the first case serves the others.
          const share = (at === 0 ? 1 : 1 / 4) * (asked.size === "small" ? 1 : 1 / 8);
          await helper.ask("prepare", { asked, count: warmRequests * share });
        }
      }
      const steps = plan.flatMap(([variant, cases]) => cases.map((asked) => ({ variant, asked })));
      for (let round = -warmUp; round < rounds; round++) {
        tell(round < 0 ? `warming up, ${-round} to go` : `round ${round + 1} of ${rounds}`);
        const order = round % 2 === 0 ? steps : steps.toReversed();
        for (const { variant, asked } of order) {
          await server.ask<Seen>("seen");
          const slice = (await helpers.get(variant)?.ask<Slice>("slice", { asked, ms })) as Slice;
          const { requests } = await server.ask<Seen>("seen");
          if (round >= 0) measured.#add(variant, asked, slice, requests);
        }
      }
    } finally {
      await Promise.all([...helpers.values()].map((helper) => helper.stop()));
    }
    return measured;
  }

  #add(variant: VariantName, asked: Case, slice: Slice, requests: number): void {
    const key = `${variant} ${nameOf(asked)}`;
    const known = this.#all.get(key) ?? { slices: [], seen: 0, counted: 0, errors: 0 };
    known.slices.push(slice);
    known.seen += requests;
    known.counted += slice.count;
    known.errors += slice.errors;
    this.#all.set(key, known);
  }
}

/** The server has one CPU for itself, whoever is measured the other. */
export const SERVER_CPU = 0;
export const CLIENT_CPU = 1;
