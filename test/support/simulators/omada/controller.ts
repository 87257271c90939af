import { randomBytes } from "node:crypto";
import { selfSigned, type Certificate } from "../certificate";
import { SimulatedServer, type Answer, type Asked, type ServeOptions } from "../simulated-server";
import { OmadaAuth, parsed, unknownController } from "./auth";
import { Call, Refusal } from "./call";
import { description } from "./description";
import { inBody, pageOf, type Ask, type Habits } from "./lists";
import { OPERATIONS, type Operation } from "./operations";
import { rowsIn, type Row } from "./rows";

/** How a controller is started: https with a fresh certificate unless told otherwise. */
export interface ControllerOptions extends ServeOptions {
  /** Default `5.15.24.19`. */
  version?: string;
  /** Its id is a managed service provider's as well, and there are customers. */
  msp?: boolean;
  /** Plain http. */
  http?: boolean;
  /** What a reverse proxy in front of it puts before every path, such as `/omada`. */
  prefix?: string;
}

/** A TP-Link Omada controller with its Open API. */
export class OmadaController extends OmadaAuth {
  /** Requests per second; over it HTTP 429. */
  rateLimit: number | undefined;
  /** Rows in a page at most, whatever is asked for. */
  largestPage = Infinity;
  /** What it says of how many rows a list has. */
  totalSaid: Habits["totalSaid"] = (totalRows) => totalRows;
  /** Whether a log leaves out the lines of the two milliseconds that were named. */
  openEnds = false;
  /** Told before a page is made: the world may change between two pages. */
  onPage: ((page: number) => unknown) | undefined;
  readonly #prefix: string;
  #recent: number[] = [];

  private constructor(
    readonly server: SimulatedServer,
    readonly certificate: Certificate | undefined,
    public version: string,
    msp: boolean,
    prefix: string,
  ) {
    super(randomBytes(16).toString("hex"), msp);
    this.#prefix = prefix;
  }

  static async start(options: ControllerOptions = {}): Promise<OmadaController> {
    const { version = "5.15.24.19", msp = false, http = false, prefix = "", port, host } = options;
    const certificate = http ? undefined : (options.certificate ?? selfSigned());
    const server = await SimulatedServer.start((asked) => controller.#answer(asked), { port, host, certificate });
    const controller = new OmadaController(server, certificate, version, msp, prefix);
    return controller;
  }

  get url(): string {
    return this.server.url + this.#prefix;
  }

  get fingerprint(): string | undefined {
    return this.certificate?.fingerprint;
  }

  /** How many requests for a token arrived. */
  tokenRequests(): number {
    return this.calls(/^POST \/openapi\/authorize\/token$/);
  }

  /** How many requests arrived whose `METHOD path` matches. */
  calls(pattern: RegExp): number {
    return this.server.journal.filter(({ method, path }) => `${method} ${path}`.search(pattern) >= 0).length;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  #answer(asked: Asked): Answer {
    try {
      if (!asked.path.startsWith(`${this.#prefix}/`)) throw new Refusal(undefined, "Not Found", 404);
      return this.#reply({ ...asked, path: asked.path.slice(this.#prefix.length) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, status, headers } = error;
      if (code !== undefined) return { status, headers, body: { errorCode: code, msg: message } };
      const timestamp = new Date(this.now()).toISOString();
      return { status, body: { timestamp, status, error: message, path: asked.path } };
    }
  }

  #reply(asked: Asked): Answer {
    switch (`${asked.method} ${asked.path}`) {
      case "GET /api/info":
        return success(this.#info());
      case "GET /v3/api-docs": {
        const operations = OPERATIONS.filter((operation) => this.#has(operation));
        return { body: description(this.url, operations) };
      }
    }
    if (!asked.path.startsWith("/openapi/")) throw new Refusal(undefined, "Not Found", 404);
    if (this.#overBudget()) throw new Refusal(undefined, "Too Many Requests", 429);
    switch (`${asked.method} ${asked.path}`) {
      case "POST /openapi/authorize/login":
        return success(this.login(asked), "Signed in.");
      case "POST /openapi/authorize/code":
        return success(this.code(asked), "Authorised.");
      case "POST /openapi/authorize/token":
        return success(this.token(asked), "Access token issued.");
      default:
        return success(this.#call(asked));
    }
  }

  #info(): Row {
    const { version: controllerVer, omadacId } = this;
    return { controllerVer, apiVer: "3", configured: true, type: 1, supportApp: true, omadacId, registeredRoot: true };
  }

  #overBudget(): boolean {
    if (this.rateLimit === undefined) return false;
    const now = this.now();
    this.#recent = this.#recent.filter((at) => at > now - 1000);
    if (this.#recent.length >= this.rateLimit) return true;
    this.#recent.push(now);
    return false;
  }

  #call(asked: Asked): unknown {
    const ownerId = this.#ownerOf(asked.path);
    const mode = this.modeOf(asked.headers["authorization"], ownerId);
    const { operation, placeholders } = this.#find(asked);
    if (operation.codeModeOnly && mode === "client") throw new Refusal(-44118, "This wants a user to sign in.");
    if (operation.brokenFrom && this.#isAtLeast(operation.brokenFrom)) throw new Refusal(-1, "General error.");
    const body = operation.body ? parsed(asked) : {};
    const ask: Ask = asked.method === "GET" ? (name) => asked.query.get(name) ?? undefined : inBody(body);
    if (operation.list) this.onPage?.(Number(ask("page")));
    const result = operation.run(new Call(this, ownerId, placeholders, body));
    return operation.list ? pageOf(rowsIn(result), operation.list, ask, this.#habits()) : result;
  }

  #habits(): Habits {
    const { largestPage, totalSaid, openEnds } = this;
    // 5.x fails before its own envelope is reached; 6.x has learnt to say it (omada.md section 2).
    const missing = (name: string): Refusal =>
      this.#isAtLeast("6") ? new Refusal(-1001, `"${name}" is missing.`) : new Refusal(undefined, "Bad Request", 400);
    return { missing, largestPage, totalSaid, openEnds };
  }

  // Whatever stands third in the path is taken for an id, before anything else is looked at (omada.md section 2).
  #ownerOf(path: string): string {
    const [, , , id, mspId] = path.split("/");
    const [ownerId, knows] = this.msp && id === "msp" ? [mspId, mspId === this.omadacId] : [id, this.knows(id)];
    return ownerId !== undefined && knows ? ownerId : unknownController({ "content-type": "" });
  }

  #find({ method, path }: Asked): { operation: Operation; placeholders: Record<string, string> } {
    for (const { operation, pattern } of ROUTES) {
      const match = pattern.exec(path);
      if (match && operation.method === method && this.#has(operation))
        return { operation, placeholders: { ...match.groups } };
    }
    throw new Refusal(-1600, "This controller has no such path.");
  }

  #has({ from, path }: Operation): boolean {
    return (from === undefined || this.#isAtLeast(from)) && (this.msp || !path.includes("{mspId}"));
  }

  #isAtLeast(version: string): boolean {
    return this.version.localeCompare(version, "en", { numeric: true }) >= 0;
  }
}

const ROUTES = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
}));

function success(result: unknown, msg = "Success."): Answer {
  return { body: { errorCode: 0, msg, result } };
}
