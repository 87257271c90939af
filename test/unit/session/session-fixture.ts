import type { AbortSignalLike } from "../../../src/core/abort";
import {
  CredentialsRefusedError,
  InvalidTokenError,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../../../src/core/errors";
import { Session } from "../../../src/session/session";
import { Token } from "../../../src/session/token";
import { FakeClock, flushPromises } from "../../support/fake-clock";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A platform that issues numbered tokens: "token 1", "token 2" … */
class TestPlatform {
  signIns = 0;
  /** The token that each sign-in was to replace. */
  readonly previousTokens: (string | undefined)[] = [];
  lifeMs: number | undefined;
  /** What sign-ins reject with. */
  signInError: Error | undefined;
  /** Whether calls with a token succeed. */
  accepts = (_token: string): boolean => true;
  #blocked: Promise<void> | undefined;
  #unblock: (() => void) | undefined;

  readonly authenticate = async (previous: Token | undefined, signal: AbortSignalLike): Promise<Token> => {
    this.signIns++;
    this.previousTokens.push(previous?.value);
    const value = `token ${this.signIns}`;
    if (this.#blocked) {
      const aborted = new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([this.#blocked, aborted]);
    }
    if (this.signInError) throw this.signInError;
    return { value, lifeMs: this.lifeMs };
  };

  /** A call that returns its token. */
  readonly call = async ({ value }: Token): Promise<string> => {
    await flushPromises();
    if (!this.accepts(value)) throw invalidToken();
    return value;
  };

  /** Keeps sign-ins from ending. */
  blockSignIns(): void {
    this.#blocked = new Promise((resolve) => {
      this.#unblock = resolve;
    });
  }

  async unblockSignIns(): Promise<void> {
    this.#unblock?.();
    this.#blocked = undefined;
    await flushPromises();
  }
}

export function setUp(): { platform: TestPlatform; clock: FakeClock; session: Session<Token> } {
  const platform = new TestPlatform();
  const clock = new FakeClock();
  return { platform, clock, session: new Session(platform.authenticate, Token, clock) };
}

export function invalidToken(): InvalidTokenError {
  return new InvalidTokenError(new PlatformError("sign-in", "The token has expired."));
}

export function platformError(code: ErrorCode, details: ErrorDetails = {}): PlatformError {
  return new PlatformError(code, `This is ${code}.`, details);
}

export function credentialsRefused(): CredentialsRefusedError {
  return new CredentialsRefusedError("The password is wrong.");
}

/** What a call resolves to, or the code that it rejects with. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof PlatformError ? error.code : error;
  }
}

export function times<T>(count: number, create: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => create(index));
}
