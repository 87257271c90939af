import { spawn, spawnSync, type ChildProcess } from "node:child_process";

/** What a process of the bench can be asked to do. */
export type Orders = Record<string, (argument: never) => unknown>;

interface Ask {
  number: number;
  order: string;
  argument: unknown;
}

interface Reply {
  number: number;
  result?: unknown;
  error?: string;
}

/** Answers whoever started this process, until that one ends. */
export function obey(orders: Orders): void {
  // tsx turns it on; with it each stack costs many times what it costs a user.
  process.setSourceMapsEnabled(false);
  process.on("message", ({ number, order, argument }: Ask) => {
    const act = async (): Promise<unknown> => {
      const known = orders[order];
      if (!known) throw new Error(`There is no order "${order}".`);
      return known(argument as never);
    };
    act().then(
      (result) => process.send?.({ number, result } satisfies Reply),
      (error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.send?.({ number, error: text } satisfies Reply);
      },
    );
  });
  process.on("disconnect", () => process.exit(0));
}

/** A process of the bench, as seen from outside. */
export class Helper {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { done: (result: unknown) => void; fail: (error: Error) => void }>();
  #asked = 0;

  private constructor(
    readonly name: string,
    child: ChildProcess,
  ) {
    this.#child = child;
    child.on("message", ({ number, result, error }: Reply) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error === undefined) waiting?.done(result);
      else waiting?.fail(new Error(`${name}: ${error}`));
    });
    child.on("exit", (code) => {
      for (const { fail } of this.#waiting.values()) fail(new Error(`${name} ended with ${code}.`));
      this.#waiting.clear();
    });
  }

  /**
   * Starts a TypeScript file in a process of its own.
   * @param cpu the one it runs on
   */
  static start(file: string, args: string[], cpu: number): Helper {
    const node = [process.execPath, "--expose-gc", "--import=tsx", file, ...args];
    const [command = "", ...rest] = pinned(cpu, node);
    const child = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    return new Helper(args[0] ?? file, child);
  }

  /** Has it do something, and brings what came of it. */
  ask<Result>(order: string, argument?: unknown): Promise<Result> {
    const number = this.#asked++;
    return new Promise<unknown>((done, fail) => {
      this.#waiting.set(number, { done, fail });
      this.#child.send({ number, order, argument } satisfies Ask);
    }) as Promise<Result>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => this.#child.once("exit", done));
    if (this.#child.connected) this.#child.disconnect();
    const impatient = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(impatient);
  }
}

/** Whether processes can be kept on one CPU each. */
export const isPinned = spawnSync("taskset", ["-c", "1", "true"]).status === 0;

/** A command that runs on one CPU only, where the machine has taskset and that CPU. */
export function pinned(cpu: number, command: string[]): string[] {
  return isPinned ? ["taskset", "-c", String(cpu), ...command] : command;
}
