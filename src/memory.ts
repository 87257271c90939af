import { randomUUID } from "node:crypto";
import type { Clock } from "./clock";
import { type ErrorCode, type FailureDetails, PlatformError } from "./errors";
import type { Keeper } from "./keeper";
import type { Signal } from "./stop";

/** What a platform hands out at sign-in. */
export interface Token {
  /** What goes with each call. */
  value: string;
  /** How long it lives from now, in milliseconds; unknown where the platform does not say. */
  lifeMs?: number | undefined;
}

/** A token, and until when it is good. */
export interface Lent<T> {
  token: T;
  renewAt: number;
  expiresAt: number;
}

/** A failure that stands for later ones, for a while. */
export interface Hold {
  error: PlatformError;
  sinceMs: number;
  untilMs: number;
  /** How long the last refusal held; the next one doubles. */
  lengthMs: number;
}

/** What a session knows. Kept by its owner it outlives the session, so that the next one goes on with it. */
export interface Memory<T extends Token = Token> {
  lent?: Lent<T> | undefined;
  /** The refusal that stands for later sign-ins. */
  latch?: Hold | undefined;
  /** The refusal of fresh tokens that stands for later renewals. */
  doubt?: Hold | undefined;
  /** Where it is written down, for the next process and for those beside this one. */
  record?: SessionRecord<T> | undefined;
}

/** What is written down of a session. JSON knows no Infinity: it comes back as null. */
interface Written<T> {
  lent?: { token: T; renewAt: number | null; expiresAt: number | null };
  latch?: Omit<Hold, "error"> & { code: ErrorCode; message: string; details: FailureDetails };
  /** Who is signing in right now. */
  claim?: { by: string; untilMs: number };
}

/** A sign-in of another process is waited for so long; then that process is taken for dead. */
const CLAIM_MS = 20_000;
/** Two who claim at the same time see after so long who was the last to write. */
const CLAIM_REST_MS = 250;
/** So many tokens of the past are remembered, so that none of them is taken up again. */
const MOST_KNOWN = 16;

/** The written side of a memory: what the process before this one knew, and what those beside it find out. */
export class SessionRecord<T extends Token = Token> {
  readonly #keeper: Keeper<Written<T>>;
  readonly #clock: Clock;
  readonly #shared: boolean;
  readonly #self = randomUUID();
  /** Tokens that this process has had: one of them in the store is no news. */
  readonly #known = new Set<string>();
  /** What was written last. */
  #last: Pick<Memory<T>, "lent" | "latch"> = {};
  #claimed = false;

  /** @param shared whether other processes may write there: then only one of them signs in at a time */
  constructor(keeper: Keeper<unknown>, clock: Clock, shared: boolean) {
    this.#keeper = keeper as Keeper<Written<T>>;
    this.#clock = clock;
    this.#shared = shared;
  }

  /**
   * Looks for what others know before anybody signs in, and waits for one who is signing in.
   * What is news goes into `memory`: a token, dead or alive, and a refusal.
   * @returns whether a live token was found; if not, the sign-in is ours
   */
  async adopt(memory: Memory<T>, signal: Signal): Promise<boolean> {
    let giveUpAt = Infinity;
    for (;;) {
      const written = (await this.#keeper.load()) ?? {};
      if (this.#learn(written, memory)) return true;
      const now = this.#clock.now();
      if (!this.#shared || (memory.latch && now < memory.latch.untilMs)) return false;

      const { claim } = written;
      const theirs = claim && now < claim.untilMs;
      if (now >= giveUpAt || (!theirs && (await this.#claims(written, now, signal)))) return false;
      giveUpAt = Math.min(giveUpAt, now + CLAIM_MS);
      await this.#clock.sleep(CLAIM_REST_MS, signal);
    }
  }

  /** Writes down what became of a sign-in. Whoever waits for it goes on. */
  async write({ lent, latch }: Memory<T>): Promise<void> {
    if (!this.#claimed && this.#last.lent === lent && this.#last.latch === latch) return;
    this.#claimed = false;
    this.#last = { lent, latch };
    await this.#keeper.save({
      ...(lent ? { lent } : {}),
      ...(latch ? { latch: writeLatch(latch) } : {}),
    });
  }

  #learn(written: Written<T>, memory: Memory<T>): boolean {
    memory.latch ??= readLatch(written);
    if (memory.lent) this.#know(memory.lent.token);
    const lent = readLent(written);
    if (!lent || this.#known.has(lent.token.value)) return false;
    this.#know(lent.token);
    memory.lent = lent;
    this.#last = { lent, latch: memory.latch };
    return this.#clock.now() < lent.expiresAt;
  }

  async #claims(written: Written<T>, now: number, signal: Signal): Promise<boolean> {
    this.#claimed = true;
    await this.#keeper.save({ ...written, claim: { by: this.#self, untilMs: now + CLAIM_MS } });
    await this.#clock.sleep(CLAIM_REST_MS, signal);
    const seen = await this.#keeper.load();
    this.#claimed = seen === undefined || seen.claim?.by === this.#self;
    return this.#claimed;
  }

  #know({ value }: Token): void {
    this.#known.add(value);
    const [oldest] = this.#known;
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function readLent<T extends Token>({ lent }: Written<T>): Lent<T> | undefined {
  if (typeof lent?.token?.value !== "string") return undefined;
  const { token, renewAt, expiresAt } = lent;
  return { token, renewAt: renewAt ?? Infinity, expiresAt: expiresAt ?? Infinity };
}

function writeLatch({ error, ...hold }: Hold): NonNullable<Written<Token>["latch"]> {
  const { code, message, details } = error;
  return { ...hold, code, message, details };
}

function readLatch({ latch }: Written<Token>): Hold | undefined {
  if (!latch) return undefined;
  const { code, message, details, ...hold } = latch;
  return { ...hold, error: new PlatformError(code, message, details) };
}
