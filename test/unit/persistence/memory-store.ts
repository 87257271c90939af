import { EncryptedValue } from "../../../src/persistence/encrypted-value";
import type { TextStore } from "../../../src/persistence/store";
import { FakeClock } from "../../support/fake-clock";

/** A store that counts its uses, and may fail. */
export class MemoryStore implements TextStore {
  text: string | undefined;
  writes = 0;
  reads = 0;
  /** Called by each use before it succeeds. */
  fault: (() => Promise<never>) | undefined;

  async read(): Promise<string | undefined> {
    this.reads++;
    await this.fault?.();
    return this.text;
  }

  async write(text: string): Promise<void> {
    this.writes++;
    await this.fault?.();
    this.text = text;
  }
}

/** An encrypted value in a store, and the warnings that it has emitted. */
export function createValue(
  store: TextStore,
  {
    secret = "secret",
    password,
    name = "name",
    clock = new FakeClock(),
  }: { secret?: string; password?: string; name?: string; clock?: FakeClock } = {},
) {
  const warnings: string[] = [];
  const value = new EncryptedValue({ store, secret, password, name, clock, warn: (text) => warnings.push(text) });
  return { value, warnings, clock };
}
