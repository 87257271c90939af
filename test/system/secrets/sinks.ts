import { channel } from "node:diagnostics_channel";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import type { NodeRed } from "../../support/harness/node-red";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { textsOf, type Canaries } from "./canaries";
import { isSignIn } from "./faults";
import type { SecretsFixture } from "./fixture";

/** Which canaries were seen where. */
export class Sightings {
  /** How much was looked at in each place, in characters: of none of them nothing. */
  readonly looked = new Map<string, number>();
  readonly #canaries: Canaries;
  readonly #seen = new Set<string>();
  /** Most is told many times, and looked at once. */
  readonly #known = new Map<string, Set<string>>();

  constructor(canaries: Canaries) {
    this.#canaries = canaries;
  }

  /**
   * Looks at something that others can read.
   * @param place what kind of place it is, and after a comma, which
   */
  look(place: string, thing: unknown): void {
    const text = typeof thing === "string" ? thing : textsOf(thing);
    const known = this.#known.get(place) ?? new Set();
    this.#known.set(place, known);
    if (known.has(text)) return;
    known.add(text);
    const [kind = place] = place.split(",");
    this.looked.set(kind, (this.looked.get(kind) ?? 0) + text.length);
    for (const name of this.#canaries.in(text)) this.#seen.add(`${name} → ${place}`);
  }

  /** In alphabetical order. */
  all(): string[] {
    return [...this.#seen].toSorted();
  }
}

/** What the runtime tells every browser that is connected. */
const EVENTS = ["comms", "node-status", "runtime-event", "event-log"];

type SendEvent = { source: { id: string }; msg: { payload?: unknown; error?: unknown; status?: unknown } };

/** Looks at everything that a runtime tells while it is watched: messages, errors, statuses, logs. */
export class Watcher {
  readonly #sightings: Sightings;
  readonly #log: string[];
  readonly #origins: readonly string[];
  readonly #runtime = require(NODE_RED) as NodeRedRuntime & { events: NodeJS.EventEmitter };
  readonly #streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));

  constructor({ log }: NodeRed, sightings: Sightings, { kasa, omada, router }: SecretsFixture) {
    this.#sightings = sightings;
    this.#log = log;
    this.#origins = [kasa, omada, router].map(({ url }) => new URL(url).origin);
    this.#runtime.hooks.add("onSend.secrets", (events: SendEvent[]) => {
      for (const event of events) this.#onSend(event);
    });
    this.#runtime.hooks.add("onComplete.secrets", ({ error }: { error?: unknown }) => {
      if (error) sightings.look("error", error);
    });
    for (const name of EVENTS) this.#runtime.events.on(name, this.#onEvent);
    process.on("warning", this.#onWarning);
    channel("undici:request:create").subscribe(this.#onRequest);
    log.push = (...entries) => {
      sightings.look("log", entries);
      return Array.prototype.push.apply(log, entries);
    };
    for (const { stream, write } of this.#streams) {
      stream.write = ((...written: Parameters<typeof write>) => {
        sightings.look("console", String(written[0]));
        return write(...written);
      }) as typeof write;
    }
  }

  close(): void {
    for (const { stream } of this.#streams) Reflect.deleteProperty(stream, "write");
    Reflect.deleteProperty(this.#log, "push");
    channel("undici:request:create").unsubscribe(this.#onRequest);
    process.off("warning", this.#onWarning);
    for (const name of EVENTS) this.#runtime.events.off(name, this.#onEvent);
    for (const hook of ["onSend", "onComplete"]) this.#runtime.hooks.remove(`${hook}.secrets`);
  }

  #onSend({ source: { id }, msg }: SendEvent): void {
    const { payload, ...rest } = msg;
    if (id === "test-status") return this.#sightings.look("status", msg);
    // What a flow has sent there itself is its own affair.
    if (id === "test-catch") return this.#sightings.look("caught", rest);
    this.#sightings.look("message", rest);
    this.#sightings.look(`payload, ${actorOf(id)}`, payload);
  }

  readonly #onEvent = (event: unknown): void => this.#sightings.look("editor", event);
  readonly #onWarning = (warning: unknown): void => this.#sightings.look("console", warning);
  readonly #onRequest = (event: unknown): void => {
    const { origin, path } = (event as { request: { origin: string | URL; path: string } }).request;
    if (!this.#origins.includes(String(origin))) return;
    for (const [name, value] of new URL(path, origin).searchParams) {
      this.#sightings.look(`diagnostics, query ${name}`, value);
    }
    this.#sightings.look("diagnostics, path", path.replace(/\?.*/s, ""));
  };
}

/** The name of an actor, without the config node that it uses and the round that it is in. */
const actorOf = (id: string): string => id.replace(/ \w+(~\d+)?$/, "");

/** Looks at what a platform was asked, and where it was said. */
export function lookAtRequests(platform: string, journal: readonly RecordedRequest[], sightings: Sightings): void {
  for (const asked of journal) {
    const { path, query, headers, body } = asked;
    const [, method = ""] = /^\{"method":"(\w+)"/.exec(body) ?? [];
    const what = isSignIn(asked) ? (path === "/" ? method : path.replace(/^.*[/.]/, "")) : "call";
    const look = (where: string, text: string): void => sightings.look(`wire, ${platform} ${what}, ${where}`, text);
    look("path", path);
    look("body", body);
    for (const [name, value] of query) look(`query ${name}`, value);
    for (const [name, value] of Object.entries(headers)) if (name !== "host") look(`header ${name}`, value);
  }
}

/** Looks at every file of a user directory. */
export function lookAtDisk(folder: string, sightings: Sightings): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // The package itself is linked there.
    if (entry.isDirectory() && entry.name !== "node_modules") lookAtDisk(path, sightings);
    if (!entry.isFile()) continue;
    const place = basename(dirname(path)) === "homenet" ? "sessions" : `disk, ${entry.name.replace(/\$$/, "")}`;
    sightings.look(place, `${path}\n${readFileSync(path, "latin1")}`);
  }
}
