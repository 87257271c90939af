import { channel } from "node:diagnostics_channel";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import type { NodeRed } from "../../support/harness/node-red";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { textsOf, type Canaries } from "./canaries";
import { isSignIn } from "./faults";
import type { SecretsFixture } from "./fixture";

/** Records which canaries were found where. */
export class Findings {
  /** How many characters were searched in each kind of place. */
  readonly searched = new Map<string, number>();
  readonly #canaries: Canaries;
  readonly #found = new Set<string>();
  /** Most texts occur many times, and are searched once. */
  readonly #texts = new Map<string, Set<string>>();

  constructor(canaries: Canaries) {
    this.#canaries = canaries;
  }

  /**
   * Searches something that others can read.
   * @param place a kind of place, and after a comma, which one
   */
  search(place: string, value: unknown): void {
    const text = typeof value === "string" ? value : textsOf(value);
    const texts = this.#texts.get(place) ?? new Set();
    this.#texts.set(place, texts);
    if (texts.has(text)) return;
    texts.add(text);
    const [kind = place] = place.split(",");
    this.searched.set(kind, (this.searched.get(kind) ?? 0) + text.length);
    for (const name of this.#canaries.findIn(text)) this.#found.add(`${name} → ${place}`);
  }

  /** All findings in alphabetical order. */
  all(): string[] {
    return [...this.#found].toSorted();
  }
}

/** Events that the runtime sends to every connected browser. */
const EVENTS = ["comms", "node-status", "runtime-event", "event-log"];

type SendEvent = { source: { id: string }; msg: { payload?: unknown; error?: unknown; status?: unknown } };

/** Searches everything that a runtime emits: messages, errors, statuses, logs. */
export class RuntimeObserver {
  readonly #findings: Findings;
  readonly #log: string[];
  readonly #origins: readonly string[];
  readonly #runtime = require(NODE_RED) as NodeRedRuntime & { events: NodeJS.EventEmitter };
  readonly #streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));

  constructor({ log }: NodeRed, findings: Findings, { kasa, omada, router }: SecretsFixture) {
    this.#findings = findings;
    this.#log = log;
    this.#origins = [kasa, omada, router].map(({ url }) => new URL(url).origin);
    this.#runtime.hooks.add("onSend.secrets", (events: SendEvent[]) => {
      for (const event of events) this.#onSend(event);
    });
    this.#runtime.hooks.add("onComplete.secrets", ({ error }: { error?: unknown }) => {
      if (error) findings.search("error", error);
    });
    for (const name of EVENTS) this.#runtime.events.on(name, this.#onEvent);
    process.on("warning", this.#onWarning);
    channel("undici:request:create").subscribe(this.#onRequest);
    log.push = (...entries) => {
      findings.search("log", entries);
      return Array.prototype.push.apply(log, entries);
    };
    for (const { stream, write } of this.#streams) {
      stream.write = ((...args: Parameters<typeof write>) => {
        findings.search("console", String(args[0]));
        return write(...args);
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
    if (id === "test-status") return this.#findings.search("status", msg);
    // The payload is what the flow has sent itself.
    if (id === "test-catch") return this.#findings.search("caught", rest);
    this.#findings.search("message", rest);
    this.#findings.search(`payload, ${actionOf(id)}`, payload);
  }

  readonly #onEvent = (event: unknown): void => this.#findings.search("editor", event);
  readonly #onWarning = (warning: unknown): void => this.#findings.search("console", warning);
  readonly #onRequest = (event: unknown): void => {
    const { origin, path } = (event as { request: { origin: string | URL; path: string } }).request;
    if (!this.#origins.includes(String(origin))) return;
    for (const [name, value] of new URL(path, origin).searchParams) {
      this.#findings.search(`diagnostics, query ${name}`, value);
    }
    this.#findings.search("diagnostics, path", path.replace(/\?.*/s, ""));
  };
}

/** The name of a node without the config node that it uses and the round. */
const actionOf = (id: string): string => id.replace(/ \w+(~\d+)?$/, "");

/** Searches the requests that a platform got, by their parts. */
export function searchRequests(platform: string, journal: readonly RecordedRequest[], findings: Findings): void {
  for (const request of journal) {
    const { path, query, headers, body } = request;
    const [, method = ""] = /^\{"method":"(\w+)"/.exec(body) ?? [];
    const kind = isSignIn(request) ? (path === "/" ? method : path.replace(/^.*[/.]/, "")) : "call";
    const search = (part: string, text: string): void => findings.search(`request, ${platform} ${kind}, ${part}`, text);
    search("path", path);
    search("body", body);
    for (const [name, value] of query) search(`query ${name}`, value);
    for (const [name, value] of Object.entries(headers)) if (name !== "host") search(`header ${name}`, value);
  }
}

/** Searches every file of a user directory. */
export function searchDisk(folder: string, findings: Findings): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // The package itself is linked there.
    if (entry.isDirectory() && entry.name !== "node_modules") searchDisk(path, findings);
    if (!entry.isFile()) continue;
    const place = basename(dirname(path)) === "homenet" ? "sessions" : `disk, ${entry.name.replace(/\$$/, "")}`;
    findings.search(place, `${path}\n${readFileSync(path, "latin1")}`);
  }
}
