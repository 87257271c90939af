import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./node-red-process";

const LONGEST_START_MS = 15_000;
const MOST_PORTS = 5;

/** A server that this package does not bring: a store or a broker, in a process of its own, on loopback. */
export class ExternalService {
  private constructor(
    readonly url: string,
    readonly pid: number,
    readonly close: (signal?: NodeJS.Signals) => Promise<void>,
  ) {}

  /** Which of some programs are not installed. */
  static missing(...programs: string[]): string[] {
    return programs.filter((program) => spawnSync(program, ["--help"]).error !== undefined);
  }

  /**
   * A Redis that writes nothing to the disk.
   * @param options of redis-server
   */
  static redis(...options: string[]): Promise<ExternalService> {
    return ExternalService.#somewhere((port) => ExternalService.redisAt(port, ...options));
  }

  /** The same on a port that is known before it starts, or that it had before. */
  static redisAt(port: number, ...options: string[]): Promise<ExternalService> {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...options];
    return ExternalService.#start(`redis://127.0.0.1:${port}`, "redis-server", args, /Ready to accept connections/i);
  }

  /** A Mosquitto that writes nothing to the disk. */
  static mosquitto(): Promise<ExternalService> {
    return ExternalService.#somewhere(async (port) => {
      const folder = mkdtempSync(join(tmpdir(), "homenet-mosquitto-"));
      const file = join(folder, "mosquitto.conf");
      const more = "allow_anonymous true\npersistence false\nmax_queued_messages 0\nlog_dest stderr\n";
      writeFileSync(file, `listener ${port} 127.0.0.1\n${more}`);
      try {
        const ready = /mosquitto version \S+ running/;
        return await ExternalService.#start(`mqtt://127.0.0.1:${port}`, "mosquitto", ["-c", file], ready);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  // Somebody else may take the port before the engine does.
  static async #somewhere(start: (port: number) => Promise<ExternalService>): Promise<ExternalService> {
    for (let left = MOST_PORTS; ; left--) {
      try {
        return await start(await freePort());
      } catch (error) {
        if (left <= 1) throw error;
      }
    }
  }

  static async #start(url: string, program: string, args: string[], ready: RegExp): Promise<ExternalService> {
    const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    let said = "";
    const late = setTimeout(() => child.kill(), LONGEST_START_MS);
    await new Promise<void>((done, fail) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (data) => {
          said += String(data);
          if (ready.test(said)) done();
        });
      child.once("error", fail);
      child.once("exit", () => fail(new Error(`${program} does not start:\n${said}`)));
    });
    clearTimeout(late);
    return new ExternalService(url, child.pid ?? 0, async (signal = "SIGTERM") => {
      child.kill(signal);
      await ended;
    });
  }
}

/** A piece of Node-RED's settings: a context store "redis" that others share. */
export function sharedStorage({ url }: Pick<ExternalService, "url">): string {
  const module = JSON.stringify(resolve("dist/src/persistence/redis-context.js"));
  return `{ default: { module: "memory" }, redis: { module: require(${module}), config: { url: ${JSON.stringify(url)} } } }`;
}
