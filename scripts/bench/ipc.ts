import { spawn, spawnSync, type ChildProcess } from "node:child_process";

/** The functions that a process of the benchmark offers to its parent. */
export type Commands = Record<string, (argument: never) => unknown>;

interface CommandRequest {
  id: number;
  command: string;
  argument: unknown;
}

interface CommandResponse {
  id: number;
  result?: unknown;
  error?: string;
}

const KILL_AFTER_MS = 5000;

/** Runs commands for the parent process until it disconnects. */
export function serveCommands(commands: Commands): void {
  // tsx turns them on; with source maps every stack trace costs many times what it costs a user.
  process.setSourceMapsEnabled(false);
  process.on("message", ({ id, command, argument }: CommandRequest) => {
    const run = async (): Promise<unknown> => {
      const handler = commands[command];
      if (!handler) throw new Error(`There is no command "${command}".`);
      return handler(argument as never);
    };
    run().then(
      (result) => process.send?.({ id, result } satisfies CommandResponse),
      (error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.send?.({ id, error: text } satisfies CommandResponse);
      },
    );
  });
  process.on("disconnect", () => process.exit(0));
}

/** A child process that runs commands. */
export class BenchProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 0;

  private constructor(
    readonly name: string,
    child: ChildProcess,
  ) {
    this.#child = child;
    child.on("message", ({ id, result, error }: CommandResponse) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(result);
      else pending?.reject(new Error(`${name}: ${error}`));
    });
    child.on("exit", (code) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`${name} exited with ${code}.`));
      this.#pending.clear();
    });
  }

  /**
   * Starts a TypeScript file in a process of its own.
   * @param cpu the CPU that it is pinned to
   * @param flags of Node.js
   */
  static start(file: string, args: string[], cpu: number, flags: string[] = []): BenchProcess {
    const node = [process.execPath, "--expose-gc", ...flags, "--import=tsx", file, ...args];
    const [executable = "", ...rest] = pinned(cpu, node);
    const child = spawn(executable, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    return new BenchProcess(args[0] ?? file, child);
  }

  /** Runs a command in the process. Rejects when the command throws or the process exits. */
  call<Result>(command: string, argument?: unknown): Promise<Result> {
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, command, argument } satisfies CommandRequest);
    }) as Promise<Result>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** Whether processes can be pinned to a CPU each. */
export const isPinned = spawnSync("taskset", ["-c", "1", "true"]).status === 0;

/** A command line that runs on one CPU, if the machine has `taskset` and that CPU. */
export function pinned(cpu: number, command: string[]): string[] {
  return isPinned ? ["taskset", "-c", String(cpu), ...command] : command;
}
