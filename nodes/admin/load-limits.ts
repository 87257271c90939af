import { PlatformError } from "../../src/core/errors";

/** How many tests may run at the same time, each with connections of its own. */
const MAX_TASKS = 8;

/** Runs a few tasks at a time, and refuses more. */
export class TaskLimit {
  #running = 0;

  /** @throws `busy` if too many are running */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_TASKS) throw tooManyError();
    this.#running++;
    try {
      return await task();
    } finally {
      this.#running--;
    }
  }
}

/** Lets those who ask for the same at the same time share one result. */
export class SharedTasks {
  readonly #running = new Map<string, Promise<object>>();

  /** @throws `busy` if too many different ones are running */
  run(key: string, task: () => Promise<object>): Promise<object> {
    const running = this.#running.get(key);
    if (running) return running;
    if (this.#running.size >= MAX_TASKS) throw tooManyError();
    const started = task().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}

function tooManyError(): PlatformError {
  return new PlatformError("busy", "Too many requests of dialogs are running. Try again in a moment.");
}
