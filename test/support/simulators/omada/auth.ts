import { randomBytes } from "node:crypto";
import type { RecordedRequest } from "../simulated-server";
import { ErrorResponse } from "./call";
import { OmadaEvents } from "./events";
import { isRow, type Row } from "./rows";

/** Whom a token, a refresh token or a code was granted to. `refusedWith` is set once it was revoked. */
interface Grant {
  ownerId: string;
  mode: "client" | "code";
  expiresAt: number;
  refusedWith?: number;
}

/** The world behind its authorization: credentials, tokens, and how long they are valid (omada.md section 1). */
export abstract class OmadaAuth extends OmadaEvents {
  readonly clientId = randomBytes(16).toString("hex");
  clientSecret = randomBytes(16).toString("hex");
  password = "tide-tables";
  /** Even new tokens are answered with -44112. */
  refuseEveryToken = false;
  /** A new token revokes the earlier ones. */
  lastTokenOnly = false;
  /** Creates every token, code and session; `kind` is its prefix: `AT-`, `RT-`, `OC-` or none. */
  mint: (kind: string) => string = (kind) => kind + randomBytes(16).toString("hex");
  /** The lifetime of new tokens, in seconds. */
  expiresIn = 7200;
  readonly #tokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #codes = new Map<string, Grant>();
  readonly #logins = new Map<string, { csrfToken: string; ownerId: string }>();
  readonly #issued = new Set<string>();
  #signIns = 0;

  /** Everything that must not leak: the secret, the password, and whatever was issued. */
  secrets(): string[] {
    return [this.clientSecret, this.password, ...this.#issued];
  }

  /** How many requests for a token succeeded. */
  signIns(): number {
    return this.#signIns;
  }

  /** The tokens so far are answered with -44112 from now on. */
  expireTokens(): void {
    this.#revokeTokens(-44112);
  }

  /** The tokens so far are answered with -44113 from now on. */
  invalidateTokens(): void {
    this.#revokeTokens(-44113);
  }

  expireRefreshTokens(): void {
    this.#refreshTokens.clear();
  }

  protected login(request: RecordedRequest): Row {
    const { query } = request;
    const ownerId = query.get("omadac_id");
    if (!this.knows(ownerId)) return throwUnknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    const { username, password } = parseBody(request);
    if (username !== this.username || password !== this.password)
      throw new ErrorResponse(-30109, "Wrong user name or password.");
    const [csrfToken, sessionId] = [this.#issue(), this.#issue()];
    this.#logins.set(sessionId, { csrfToken, ownerId });
    return { csrfToken, sessionId };
  }

  protected code({ query, headers }: RecordedRequest): string {
    const ownerId = query.get("omadac_id");
    if (!this.knows(ownerId)) return throwUnknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    if (query.get("response_type") !== "code") throw new ErrorResponse(-44107, "The response type must be code.");
    const sessionId = /(?:^|;\s*)TPOMADA_SESSIONID=([^;]*)/.exec(headers["cookie"] ?? "")?.[1] ?? "";
    const login = this.#logins.get(sessionId);
    if (login?.ownerId !== ownerId) throw new ErrorResponse(-44109, "There is no such session.");
    if (headers["csrf-token"] !== login.csrfToken)
      throw new ErrorResponse(-44108, "The CSRF token is not this session's.");
    const code = this.#issue("OC-");
    this.#codes.set(code, { ownerId, mode: "code", expiresAt: this.now() + 120_000 });
    return code;
  }

  protected token(request: RecordedRequest): Row {
    const grant = this.#checkGrant(request);
    if (this.lastTokenOnly) this.invalidateTokens();
    const [accessToken, refreshToken] = [this.#issue("AT-"), this.#issue("RT-")];
    this.#tokens.set(accessToken, { ...grant, expiresAt: this.now() + this.expiresIn * 1000 });
    this.#refreshTokens.set(refreshToken, { ...grant, expiresAt: this.now() + 14 * 86_400_000 });
    this.#signIns++;
    return { accessToken, tokenType: "bearer", expiresIn: this.expiresIn, refreshToken };
  }

  /** The mode that a valid token was granted in. @throws `ErrorResponse` for any other token */
  protected checkToken(header: string | undefined, ownerId: string): Grant["mode"] {
    if (header === undefined) throw new ErrorResponse(-44113, "There is no access token.", 401);
    // This misleading error is the real one (omada.md section 1.1).
    if (header.startsWith("Bearer ")) throw new ErrorResponse(-44112, "The access token has expired.");
    const grant = this.#tokens.get(/^AccessToken=(.*)$/.exec(header)?.[1] ?? "");
    if (grant?.ownerId !== ownerId) throw new ErrorResponse(-44113, "The access token is not valid here.");
    const isExpired = this.refuseEveryToken || grant.expiresAt <= this.now();
    const refusedWith = grant.refusedWith ?? (isExpired ? -44112 : undefined);
    if (refusedWith !== undefined) throw new ErrorResponse(refusedWith, "The access token is no longer valid.");
    return grant.mode;
  }

  /** Whether it serves this id: its own, or a customer's. */
  protected knows(id: unknown): id is string {
    return id === this.omadacId || this.customers.some(({ customerId }) => customerId === id);
  }

  #revokeTokens(refusedWith: number): void {
    for (const grant of this.#tokens.values()) grant.refusedWith = refusedWith;
  }

  #checkGrant(request: RecordedRequest): Pick<Grant, "ownerId" | "mode"> {
    const inQuery = Object.fromEntries(request.query);
    switch (inQuery["grant_type"]) {
      case undefined:
        throw new ErrorResponse(-44116, "The query has no grant type.");
      case "client_credentials": {
        // Clients of 2023 sent the credentials in the query (omada.md section 1.2).
        const {
          omadacId,
          client_id = inQuery["client_id"],
          client_secret = inQuery["client_secret"],
        } = parseBody(request);
        if (!this.knows(omadacId)) return throwUnknownController();
        this.#checkClient(client_id, client_secret);
        return { ownerId: omadacId, mode: "client" };
      }
      case "authorization_code": {
        const { client_id, client_secret } = parseBody(request);
        this.#checkClient(client_id, client_secret);
        return this.#redeem(this.#codes, inQuery["code"], -44110);
      }
      case "refresh_token": {
        // TP-Link's text has the credentials in the body, its example has them in the query (omada.md section 1.4).
        const { client_id, client_secret } = request.body === "" ? inQuery : { ...inQuery, ...parseBody(request) };
        this.#checkClient(client_id, client_secret);
        return this.#redeem(this.#refreshTokens, inQuery["refresh_token"], -44114);
      }
      default:
        throw new ErrorResponse(-44111, "There is no such grant type.");
    }
  }

  #redeem(grants: Map<string, Grant>, value = "", refusedWith: number): Pick<Grant, "ownerId" | "mode"> {
    const grant = grants.get(value);
    grants.delete(value);
    if (!grant || grant.expiresAt <= this.now())
      throw new ErrorResponse(refusedWith, "It has expired, or was used before.");
    return { ownerId: grant.ownerId, mode: grant.mode };
  }

  #issue(kind = ""): string {
    const secret = this.mint(kind);
    this.#issued.add(secret);
    return secret;
  }

  #checkClient(clientId: unknown, clientSecret: unknown): void {
    if (clientId === this.clientId && clientSecret === this.clientSecret) return;
    throw new ErrorResponse(-44106, "The client id or the client secret is wrong.");
  }
}

export function throwUnknownController(headers = {}): never {
  throw new ErrorResponse(-7131, "Controller ID not exist.", 200, headers);
}

/** The body of a request: a JSON object with the right content type. */
export function parseBody({ headers, body }: RecordedRequest): Row {
  if (body === "" || !headers["content-type"]?.includes("application/json"))
    throw new ErrorResponse(-1004, "The content type must be JSON.");
  const value = tryParseJson(body);
  if (!isRow(value)) throw new ErrorResponse(-1001, "The body is not a JSON object.");
  return value;
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
