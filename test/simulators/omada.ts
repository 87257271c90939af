import { randomBytes } from "node:crypto";
import { selfSigned, type Certificate } from "./certificate";
import {
  Call,
  isRow,
  OmadaWorld,
  OPERATIONS,
  Refusal,
  rowsIn,
  without,
  type Listing,
  type Operation,
  type Row,
} from "./omada-world";
import { SimulatedServer, type Answer, type Asked, type ServeOptions } from "./serve";

/** How a controller is started: https with a fresh certificate unless told otherwise. */
export interface ControllerOptions extends ServeOptions {
  /** Default `5.15.24.19`. */
  version?: string;
  /** Its id is a managed service provider's as well, and there are customers. */
  msp?: boolean;
  /** Plain http. */
  http?: boolean;
}

/** A pair of tokens, or a half of it. `refusedWith` is set when it was made worthless. */
interface Grant {
  ownerId: string;
  mode: "client" | "code";
  expiresAt: number;
  refusedWith?: number;
}

/** A TP-Link Omada controller with its Open API. */
export class OmadaController extends OmadaWorld {
  readonly clientId = randomBytes(16).toString("hex");
  clientSecret = randomBytes(16).toString("hex");
  password = "tide-tables";
  /** Even fresh tokens answer -44112. */
  refuseEveryToken = false;
  /** A new token kills the earlier ones. */
  lastTokenOnly = false;
  /** Seconds that new tokens live. */
  expiresIn = 7200;
  /** Requests per second; over it HTTP 429. */
  rateLimit: number | undefined;
  readonly #tokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #codes = new Map<string, Grant>();
  readonly #logins = new Map<string, { csrfToken: string; ownerId: string }>();
  #recent: number[] = [];
  #signIns = 0;

  private constructor(
    readonly server: SimulatedServer,
    readonly certificate: Certificate | undefined,
    public version: string,
    msp: boolean,
  ) {
    super(randomBytes(16).toString("hex"), msp);
  }

  static async start(options: ControllerOptions = {}): Promise<OmadaController> {
    const { version = "5.15.24.19", msp = false, http = false, port } = options;
    const certificate = http ? undefined : (options.certificate ?? selfSigned());
    const server = await SimulatedServer.start((asked) => controller.#answer(asked), { port, certificate });
    const controller = new OmadaController(server, certificate, version, msp);
    return controller;
  }

  get url(): string {
    return this.server.url;
  }

  get fingerprint(): string | undefined {
    return this.certificate?.fingerprint;
  }

  /** How many requests for a token succeeded. */
  signIns(): number {
    return this.#signIns;
  }

  /** How many requests for a token arrived. */
  tokenRequests(): number {
    return this.calls(/^POST \/openapi\/authorize\/token$/);
  }

  /** How many requests arrived whose `METHOD path` matches. */
  calls(pattern: RegExp): number {
    return this.server.journal.filter(({ method, path }) => `${method} ${path}`.search(pattern) >= 0).length;
  }

  /** The tokens so far answer -44112 from now on. */
  expireTokens(): void {
    this.#spoilTokens(-44112);
  }

  /** The tokens so far answer -44113 from now on. */
  invalidateTokens(): void {
    this.#spoilTokens(-44113);
  }

  expireRefreshTokens(): void {
    this.#refreshTokens.clear();
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  #spoilTokens(refusedWith: number): void {
    for (const grant of this.#tokens.values()) grant.refusedWith = refusedWith;
  }

  #answer(asked: Asked): Answer {
    try {
      return this.#reply(asked);
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
      case "GET /v3/api-docs":
        return { body: this.#description() };
    }
    if (!asked.path.startsWith("/openapi/")) throw new Refusal(undefined, "Not Found", 404);
    if (this.#overBudget()) throw new Refusal(undefined, "Too Many Requests", 429);
    switch (`${asked.method} ${asked.path}`) {
      case "POST /openapi/authorize/login":
        return success(this.#login(asked), "Signed in.");
      case "POST /openapi/authorize/code":
        return success(this.#code(asked), "Authorised.");
      case "POST /openapi/authorize/token":
        return success(this.#token(asked), "Access token issued.");
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

  #login(asked: Asked): Row {
    const { query } = asked;
    const ownerId = query.get("omadac_id");
    if (!this.#knows(ownerId)) return unknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    const { username, password } = parsed(asked);
    if (username !== this.username || password !== this.password)
      throw new Refusal(-30109, "Wrong user name or password.");
    const [csrfToken, sessionId] = [fresh(), fresh()];
    this.#logins.set(sessionId, { csrfToken, ownerId });
    return { csrfToken, sessionId };
  }

  #code({ query, headers }: Asked): string {
    const ownerId = query.get("omadac_id");
    if (!this.#knows(ownerId)) return unknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    if (query.get("response_type") !== "code") throw new Refusal(-44107, "The response type must be code.");
    const sessionId = /(?:^|;\s*)TPOMADA_SESSIONID=([^;]*)/.exec(headers["cookie"] ?? "")?.[1] ?? "";
    const login = this.#logins.get(sessionId);
    if (login?.ownerId !== ownerId) throw new Refusal(-44109, "There is no such session.");
    if (headers["csrf-token"] !== login.csrfToken) throw new Refusal(-44108, "The CSRF token is not this session's.");
    const code = `OC-${fresh()}`;
    this.#codes.set(code, { ownerId, mode: "code", expiresAt: this.now() + 120_000 });
    return code;
  }

  #token(asked: Asked): Row {
    const grant = this.#granted(asked);
    if (this.lastTokenOnly) this.invalidateTokens();
    const [accessToken, refreshToken] = [`AT-${fresh()}`, `RT-${fresh()}`];
    this.#tokens.set(accessToken, { ...grant, expiresAt: this.now() + this.expiresIn * 1000 });
    this.#refreshTokens.set(refreshToken, { ...grant, expiresAt: this.now() + 14 * 86_400_000 });
    this.#signIns++;
    return { accessToken, tokenType: "bearer", expiresIn: this.expiresIn, refreshToken };
  }

  #granted(asked: Asked): Pick<Grant, "ownerId" | "mode"> {
    const inQuery = Object.fromEntries(asked.query);
    switch (inQuery["grant_type"]) {
      case undefined:
        throw new Refusal(-44116, "The query has no grant type.");
      case "client_credentials": {
        // Clients of 2023 sent the credentials in the query (omada.md section 1.2).
        const { omadacId, client_id = inQuery["client_id"], client_secret = inQuery["client_secret"] } = parsed(asked);
        if (!this.#knows(omadacId)) return unknownController();
        this.#checkClient(client_id, client_secret);
        return { ownerId: omadacId, mode: "client" };
      }
      case "authorization_code": {
        const { client_id, client_secret } = parsed(asked);
        this.#checkClient(client_id, client_secret);
        return this.#spend(this.#codes, inQuery["code"], -44110);
      }
      case "refresh_token": {
        // TP-Link's text has the credentials in the body, its example in the query (omada.md section 1.4).
        const { client_id, client_secret } = asked.body === "" ? inQuery : { ...inQuery, ...parsed(asked) };
        this.#checkClient(client_id, client_secret);
        return this.#spend(this.#refreshTokens, inQuery["refresh_token"], -44114);
      }
      default:
        throw new Refusal(-44111, "There is no such grant type.");
    }
  }

  #spend(grants: Map<string, Grant>, value = "", refusedWith: number): Pick<Grant, "ownerId" | "mode"> {
    const grant = grants.get(value);
    grants.delete(value);
    if (!grant || grant.expiresAt <= this.now()) throw new Refusal(refusedWith, "It has expired, or was used before.");
    return { ownerId: grant.ownerId, mode: grant.mode };
  }

  #checkClient(clientId: unknown, clientSecret: unknown): void {
    if (clientId === this.clientId && clientSecret === this.clientSecret) return;
    throw new Refusal(-44106, "The client id or the client secret is wrong.");
  }

  #knows(id: unknown): id is string {
    return id === this.omadacId || this.customers.some(({ customerId }) => customerId === id);
  }

  #call(asked: Asked): unknown {
    const ownerId = this.#ownerOf(asked.path);
    const mode = this.#modeOf(asked.headers["authorization"], ownerId);
    const { operation, placeholders } = this.#find(asked);
    if (operation.codeModeOnly && mode === "client") throw new Refusal(-44118, "This wants a user to sign in.");
    if (operation.brokenFrom && this.#isAtLeast(operation.brokenFrom)) throw new Refusal(-1, "General error.");
    const body = operation.body ? parsed(asked) : {};
    const result = operation.run(new Call(this, ownerId, placeholders, body));
    if (!operation.list) return result;
    const { method, query } = asked;
    const ask: Ask = (name) => (method === "GET" ? (query.get(name) ?? undefined) : text(deep(body, name)));
    return this.#page(rowsIn(result), operation.list, ask);
  }

  // Whatever stands third in the path is taken for an id, before anything else is looked at (omada.md section 2).
  #ownerOf(path: string): string {
    const [, , , id, mspId] = path.split("/");
    const [ownerId, knows] = this.msp && id === "msp" ? [mspId, mspId === this.omadacId] : [id, this.#knows(id)];
    return ownerId !== undefined && knows ? ownerId : unknownController({ "content-type": "" });
  }

  #modeOf(header: string | undefined, ownerId: string): Grant["mode"] {
    if (header === undefined) throw new Refusal(-44113, "There is no access token.", 401);
    // The misleading answer is the real one (omada.md section 1.1).
    if (header.startsWith("Bearer ")) throw new Refusal(-44112, "The access token has expired.");
    const grant = this.#tokens.get(/^AccessToken=(.*)$/.exec(header)?.[1] ?? "");
    if (grant?.ownerId !== ownerId) throw new Refusal(-44113, "The access token is not valid here.");
    const spent = this.refuseEveryToken || grant.expiresAt <= this.now();
    const refusedWith = grant.refusedWith ?? (spent ? -44112 : undefined);
    if (refusedWith !== undefined) throw new Refusal(refusedWith, "The access token is worth nothing any more.");
    return grant.mode;
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

  #page(rows: Row[], list: Listing, ask: Ask): Row {
    const [page, pageSize] = [this.#whole(ask, "page"), this.#whole(ask, "pageSize")];
    const sizeFits = list.sizes ? list.sizes.includes(pageSize) : pageSize >= 1 && pageSize <= 1000;
    if (page < 1 || !sizeFits) throw new Refusal(-1001, "The page or its size is out of range.");
    const inTime = list.sizes ? this.#inTime(rows, ask) : rows;
    const matching = sorted(chosen(inTime, list, ask), list, ask);
    const data = matching.slice((page - 1) * pageSize, page * pageSize).map((row) => without(row, list.hides));
    // currentSize is what was asked for, not what came (omada.md section 3).
    return { totalRows: matching.length, currentPage: page, currentSize: pageSize, data, ...list.beside?.(matching) };
  }

  #inTime(logs: Row[], ask: Ask): Row[] {
    const [start, end] = [this.#whole(ask, "filters.timeStart"), this.#whole(ask, "filters.timeEnd")];
    const inside = logs.filter(({ time }) => Number(time) >= start && Number(time) <= end);
    return inside.toSorted((one, other) => Number(other["time"]) - Number(one["time"]));
  }

  // 5.x fails before its own envelope is reached; 6.x has learnt to say it (omada.md section 2).
  #whole(ask: Ask, name: string): number {
    const value = ask(name);
    if (value && /^-?\d+$/.test(value)) return Number(value);
    throw this.#isAtLeast("6")
      ? new Refusal(-1001, `"${name}" is missing.`)
      : new Refusal(undefined, "Bad Request", 400);
  }

  #description(): Row {
    const paths: Record<string, Row> = {};
    for (const operation of OPERATIONS.filter((operation) => this.#has(operation))) {
      const methods = (paths[operation.path] ??= {});
      methods[operation.method.toLowerCase()] = described(operation);
    }
    // The real one never says more about its version either (omada.md section 5).
    return {
      openapi: "3.0.1",
      info: { title: "Omada Open API", version: "v0.1" },
      servers: [{ url: this.url }],
      paths,
    };
  }
}

/** What a list was asked for under a dotted name, in the query or in the body. */
type Ask = (name: string) => string | undefined;

const ROUTES = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
}));

const fresh = (): string => randomBytes(16).toString("hex");

function success(result: unknown, msg = "Success."): Answer {
  return { body: { errorCode: 0, msg, result } };
}

function unknownController(headers = {}): never {
  throw new Refusal(-7131, "There is no controller with this id.", 200, headers);
}

function parsed({ headers, body }: Asked): Row {
  if (body === "" || !headers["content-type"]?.includes("application/json"))
    throw new Refusal(-1004, "JSON is wanted.");
  const value: unknown = attempt(() => JSON.parse(body));
  if (!isRow(value)) throw new Refusal(-1001, "The body is not a JSON object.");
  return value;
}

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function deep(body: Row, name: string): unknown {
  return name.split(".").reduce<unknown>((from, key) => (isRow(from) ? from[key] : undefined), body);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : undefined;
}

function chosen(rows: Row[], { search = [], filters = {} }: Listing, ask: Ask): Row[] {
  const key = ask("searchKey")?.toLowerCase();
  const found = rows.filter((row) => !key || search.some((field) => text(row[field])?.toLowerCase().includes(key)));
  return Object.entries(filters).reduce((left, [name, field]) => {
    const wanted = ask(`filters.${name}`);
    return wanted === undefined ? left : left.filter((row) => fits(row[field], wanted));
  }, found);
}

function fits(value: unknown, wanted: string): boolean {
  return Array.isArray(value) ? value.includes(wanted) : text(value) === wanted;
}

function sorted(rows: Row[], { sorts = [] }: Listing, ask: Ask): Row[] {
  const field = sorts.find((field) => ask(`sorts.${field}`) !== undefined);
  if (field === undefined) return rows;
  const direction = { asc: 1, desc: -1 }[ask(`sorts.${field}`) ?? ""];
  if (direction === undefined) throw new Refusal(-1001, "Rows are sorted asc or desc.");
  return rows.toSorted((one, other) => direction * String(one[field]).localeCompare(String(other[field]), "en"));
}

function described({ method, path, id, list, body }: Operation): Row {
  const inQuery = method === "GET" && list ? queryOf(list) : [];
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => parameter(name, "path", true));
  const properties = Object.fromEntries((body ?? []).map((field) => [field, {}]));
  const content = { "application/json": { schema: { type: "object", properties } } };
  return {
    operationId: id,
    summary: id.replace(/_\d+$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { content, required: true } }),
    responses: { 200: { description: "OK" } },
  };
}

function queryOf({ search, sorts = [], filters = {}, sizes }: Listing): Row[] {
  const needed = ["page", "pageSize", ...(sizes ? ["filters.timeStart", "filters.timeEnd"] : [])];
  const fields = [
    ...sorts.map((field) => `sorts.${field}`),
    ...Object.keys(filters).map((field) => `filters.${field}`),
  ];
  return [
    ...needed.map((name) => parameter(name, "query", true)),
    ...[...(search ? ["searchKey"] : []), ...fields].map((name) => parameter(name, "query", false)),
  ];
}

function parameter(name: string, where: "path" | "query", required: boolean): Row {
  const type = /^page|time/.test(name) ? "integer" : "string";
  return { name, in: where, required, schema: { type } };
}
