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
export function createValue(store: TextStore, { secret = "secret", name = "name", clock = new FakeClock() } = {}) {
  const warnings: string[] = [];
  const value = new EncryptedValue({ store, secret, name, clock, warn: (message) => warnings.push(message) });
  return { value, warnings, clock };
}
