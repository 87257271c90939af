import { randomBytes } from "node:crypto";
import { selfSigned, type Certificate } from "../certificate";
import { SimulatedServer, type RecordedRequest, type ServeOptions, type SimulatedResponse } from "../simulated-server";
import { OmadaAuth, parseBody, throwUnknownController } from "./auth";
import { Call, ErrorResponse } from "./call";
import { bodyParams, buildPage, type ListBehavior, type ParamReader } from "./lists";
import { OPERATIONS, type Operation } from "./operations";
import { toRows, type Row } from "./rows";
import { buildSpec } from "./spec";

/** How to start a controller; by default with https and a new certificate. */
export interface ControllerOptions extends ServeOptions {
  /** Default `5.15.24.19`. */
  version?: string;
  /** Whether it belongs to a managed service provider with customers. */
  msp?: boolean;
  /** Plain http. */
  http?: boolean;
  /** The path prefix of a reverse proxy in front of it, such as `/omada`. */
  prefix?: string;
}

/** A TP-Link Omada controller with its Open API. */
export class OmadaController extends OmadaAuth {
  /** Requests per second; more are answered with HTTP 429. */
  rateLimit: number | undefined;
  /** Rows per page at most, even if more are requested. */
  maxPageSize = Infinity;
  /** What it reports as the total of a list. */
  reportTotal: ListBehavior["reportTotal"] = (totalRows) => totalRows;
  /** Whether the time range of a log excludes its first and its last millisecond. */
  excludeTimeBounds = false;
  /** Called before a page is built, so that a test can change the world between two pages. */
  onPage: ((page: number) => unknown) | undefined;
  readonly #prefix: string;
  #recentRequests: number[] = [];

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
    const server = await SimulatedServer.start((request) => controller.#respond(request), { port, host, certificate });
    const controller = new OmadaController(server, certificate, version, msp, prefix);
    return controller;
  }

  get url(): string {
    return this.server.url + this.#prefix;
  }

  get fingerprint(): string | undefined {
    return this.certificate?.fingerprint;
  }

  /** How many requests for a token it received. */
  tokenRequests(): number {
    return this.calls(/^POST \/openapi\/authorize\/token$/);
  }

  /** How many requests it received whose `METHOD path` matches. */
  calls(pattern: RegExp): number {
    return this.server.journal.filter(({ method, path }) => `${method} ${path}`.search(pattern) >= 0).length;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  #respond(request: RecordedRequest): SimulatedResponse {
    try {
      if (!request.path.startsWith(`${this.#prefix}/`)) throw new ErrorResponse(undefined, "Not Found", 404);
      return this.#route({ ...request, path: request.path.slice(this.#prefix.length) });
    } catch (error) {
      if (!(error instanceof ErrorResponse)) throw error;
      const { code, message, status, headers } = error;
      if (code !== undefined) return { status, headers, body: { errorCode: code, msg: message } };
      const timestamp = new Date(this.now()).toISOString();
      return { status, body: { timestamp, status, error: message, path: request.path } };
    }
  }

  #route(request: RecordedRequest): SimulatedResponse {
    switch (`${request.method} ${request.path}`) {
      case "GET /api/info":
        return success(this.#info());
      case "GET /v3/api-docs": {
        const operations = OPERATIONS.filter((operation) => this.#has(operation));
        return { body: buildSpec(this.url, operations) };
      }
    }
    if (!request.path.startsWith("/openapi/")) throw new ErrorResponse(undefined, "Not Found", 404);
    if (this.#isOverLimit()) throw new ErrorResponse(undefined, "Too Many Requests", 429);
    switch (`${request.method} ${request.path}`) {
      case "POST /openapi/authorize/login":
        return success(this.login(request), "Signed in.");
      case "POST /openapi/authorize/code":
        return success(this.code(request), "Authorised.");
      case "POST /openapi/authorize/token":
        return success(this.token(request), "Access token issued.");
      default:
        return success(this.#call(request));
    }
  }

  #info(): Row {
    const { version: controllerVer, omadacId } = this;
    return { controllerVer, apiVer: "3", configured: true, type: 1, supportApp: true, omadacId, registeredRoot: true };
  }

  #isOverLimit(): boolean {
    if (this.rateLimit === undefined) return false;
    const now = this.now();
    this.#recentRequests = this.#recentRequests.filter((at) => at > now - 1000);
    if (this.#recentRequests.length >= this.rateLimit) return true;
    this.#recentRequests.push(now);
    return false;
  }

  #call(request: RecordedRequest): unknown {
    const ownerId = this.#ownerOf(request.path);
    this.applyChanges();
    const mode = this.checkToken(request.headers["authorization"], ownerId);
    const { operation, placeholders } = this.#find(request);
    if (operation.codeModeOnly && mode === "client")
      throw new ErrorResponse(-44118, "This requires a user to sign in.");
    if (operation.brokenSince && this.#isAtLeast(operation.brokenSince)) throw new ErrorResponse(-1, "General error.");
    const body = operation.body ? parseBody(request) : {};
    const param: ParamReader =
      request.method === "GET" ? (name) => request.query.get(name) ?? undefined : bodyParams(body);
    for (const name of operation.query ?? []) if (!param(name)) throw this.#listBehavior().missingParamError(name);
    if (operation.list) this.onPage?.(Number(param("page")));
    const result = operation.run(new Call(this, ownerId, placeholders, body));
    return operation.list ? buildPage(toRows(result), operation.list, param, this.#listBehavior()) : result;
  }

  #listBehavior(): ListBehavior {
    const { maxPageSize, reportTotal, excludeTimeBounds } = this;
    // 5.x rejects it before the Open API is reached; 6.x responds with an envelope (omada.md section 2).
    const missingParamError = (name: string): ErrorResponse =>
      this.#isAtLeast("6")
        ? new ErrorResponse(-1001, `"${name}" is missing.`)
        : new ErrorResponse(undefined, "Bad Request", 400);
    return { missingParamError, maxPageSize, reportTotal, excludeTimeBounds };
  }

  // The third segment of the path is checked as the id, before anything else (omada.md section 2).
  #ownerOf(path: string): string {
    const [, , , id, mspId] = path.split("/");
    const [ownerId, isKnown] = this.msp && id === "msp" ? [mspId, mspId === this.omadacId] : [id, this.knows(id)];
    return ownerId !== undefined && isKnown ? ownerId : throwUnknownController({ "content-type": "" });
  }

  #find({ method, path }: RecordedRequest): { operation: Operation; placeholders: Record<string, string> } {
    for (const { operation, pattern } of ROUTES) {
      const match = pattern.exec(path);
      if (match && operation.method === method && this.#has(operation))
        return { operation, placeholders: { ...match.groups } };
    }
    throw new ErrorResponse(-1600, "This controller has no such path.");
  }

  #has({ since, path }: Operation): boolean {
    return (since === undefined || this.#isAtLeast(since)) && (this.msp || !path.includes("{mspId}"));
  }

  #isAtLeast(version: string): boolean {
    return this.version.localeCompare(version, "en", { numeric: true }) >= 0;
  }
}

const ROUTES = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
}));

function success(result: unknown, msg = "Success."): SimulatedResponse {
  return { body: { errorCode: 0, msg, result } };
}
