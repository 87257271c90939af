import { scrypt } from "node:crypto";
import { Session } from "../../../src/session/session";
import { SessionState } from "../../../src/session/session-state";
import { SharedSessionStore } from "../../../src/session/shared-session-store";
import { Token } from "../../../src/session/token";
import { FakeClock } from "../../support/fake-clock";
import { createValue, MemoryStore } from "../persistence/memory-store";

export const MINUTE = 60_000;

/** A platform that issues numbered tokens, and a store for the sessions of several processes. */
export class StoredSessions {
  readonly store = new MemoryStore();
  readonly clock = new FakeClock();
  /** The token that each sign-in was to replace. */
  readonly previousTokens: (string | undefined)[] = [];
  lifeMs: number | undefined;
  /** What sign-ins reject with. */
  signInError: Error | undefined;
  /** Sign-ins wait for it. */
  signInDelay: Promise<void> | undefined;

  get signIns(): number {
    return this.previousTokens.length;
  }

  /** The session of one more process. */
  start(isShared = false): Session<Token> {
    const { value } = createValue(this.store, { clock: this.clock });
    const state = new SessionState(new SharedSessionStore(value, this.clock, isShared));
    const authenticate = async (previous: Token | undefined): Promise<Token> => {
      const number = this.previousTokens.push(previous?.value);
      await this.signInDelay;
      if (this.signInError) throw this.signInError;
      return { value: `token ${number}`, lifeMs: this.lifeMs };
    };
    return new Session(authenticate, Token, this.clock, state);
  }

  /** Starts a sign-in of a process that never ends. */
  async startHangingSignIn(): Promise<void> {
    this.signInDelay = new Promise(() => undefined);
    this.start(true)
      .withToken(async () => undefined)
      .catch(() => undefined);
    await this.untilSignIn();
  }

  /** Waits until the first sign-in has started. */
  async untilSignIn(): Promise<void> {
    await keysDerived();
    for (let step = 0; step < 400 && this.signIns === 0; step++) {
      await pause(5);
      await this.clock.advance(50);
    }
  }

  /** Advances the clock until a promise has settled: deriving keys takes real time. */
  async settle<T>(work: Promise<T>, stepMs = 50): Promise<T> {
    const state = { isSettled: false };
    const onSettled = (): void => {
      state.isSettled = true;
    };
    work.then(onSettled, onSettled);
    await keysDerived();
    for (let step = 0; step < 2000 && !state.isSettled; step++) {
      await pause(5);
      if (!state.isSettled) await this.clock.advance(stepMs);
    }
    return work;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// Waits for the keys that are being derived, so that the clock stands still meanwhile: one that starts later ends later.
function keysDerived(): Promise<void> {
  const deriveKey = (done: () => void): void => scrypt("", "", 32, done);
  return new Promise((resolve) => deriveKey(() => deriveKey(resolve)));
}

/** A call that returns its token. */
export const tokenOf = async ({ value }: Token): Promise<string> => value;
