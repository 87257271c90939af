import type { z } from "zod";
import type { ActContext, RequestPreview } from "../../acts/act";
import type { TargetMemory } from "../../acts/target-memory";
import type { CallOptions } from "../../core/call-context";
import { isPlainObject } from "../../core/encoding";
import { maskSecrets } from "../../core/redact";
import { parseAs, parseRows, protocolError } from "../../http/response";
import type { OmadaCommand } from "../commands";
import { collectAllRows, type OmadaResult } from "../list-reader";

/** The parts of the client that acts need. */
export interface ActsClient {
  /** @returns the id of a site, by its name or its id */
  siteId(site: string, options: CallOptions): Promise<string>;
  query(query: ActsQuery, options: CallOptions): Promise<OmadaResult>;
  command(command: OmadaCommand, options: CallOptions): Promise<unknown>;
  /** What `command` would send: the path in full. */
  preview(command: OmadaCommand, options: CallOptions): Promise<{ path: string; body: unknown }>;
}

interface ActsQuery {
  method: "GET";
  path: string;
  params: Readonly<Record<string, unknown>>;
  site: string;
  all: true;
  limit: 0;
}

/** A request of an act. */
export interface OmadaRequest {
  method: "POST" | "PUT" | "PATCH";
  /** Short, with its placeholders, as in the controller's description. */
  path: string;
  /** The values of the placeholders, but for the site's. */
  params: Readonly<Record<string, string>>;
  body?: object;
  /** @throws where a response that is a success says otherwise */
  check?: (result: unknown) => void;
}

/** Through this, an act reads and writes one site of a controller. */
export class OmadaActContext implements ActContext<OmadaRequest> {
  readonly #client: ActsClient;
  readonly #options: CallOptions;

  constructor(
    client: ActsClient,
    readonly site: string,
    readonly memory: TargetMemory,
    options: CallOptions,
  ) {
    this.#client = client;
    this.#options = options;
  }

  /** Reads a single response. */
  async get<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<z.infer<Schema>> {
    const response = await this.#query(path, params);
    if ("pages" in response) throw protocolError("The controller responded with a list.");
    return parseAs(schema, response.result);
  }

  /** Reads a whole list, paged or not. */
  async rows<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<z.infer<Schema>[]> {
    const response = await this.#query(path, params);
    const rows = "pages" in response ? await collectAllRows(response) : rowsOf(response.result);
    return parseRows(schema, rows);
  }

  siteId(): Promise<string> {
    return this.#client.siteId(this.site, this.#options);
  }

  async send(request: OmadaRequest): Promise<unknown> {
    const result = await this.#client.command(this.#command(request), this.#options);
    request.check?.(result);
    return result;
  }

  nameOf({ method, path, params }: OmadaRequest): string {
    return `${method} ${path.replace(/\{(\w+)\}/g, (placeholder, name: string) => params[name] ?? placeholder)}`;
  }

  async preview(request: OmadaRequest): Promise<RequestPreview> {
    const { path, body } = await this.#client.preview(this.#command(request), this.#options);
    return { method: request.method, path, body: maskSecrets(body ?? null) };
  }

  #query(path: string, params: Readonly<Record<string, unknown>>): Promise<OmadaResult> {
    return this.#client.query({ method: "GET", path, params, site: this.site, all: true, limit: 0 }, this.#options);
  }

  // What has to be confirmed has been by now: the table of acts says what that is.
  #command({ method, path, params, body }: OmadaRequest): OmadaCommand {
    return { method, path, params, site: this.site, body, isBodySet: body !== undefined, confirm: true };
  }
}

// Some lists are paged only in what they respond with.
function rowsOf(result: unknown): unknown[] {
  const rows = isPlainObject(result) ? result["data"] : (result ?? []);
  if (Array.isArray(rows)) return rows as unknown[];
  throw protocolError("The controller did not respond with a list.");
}
