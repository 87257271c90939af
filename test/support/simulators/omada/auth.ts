import { randomBytes } from "node:crypto";
import type { Asked } from "../simulated-server";
import { Refusal } from "./call";
import { OmadaEvents } from "./events";
import { isRow, type Row } from "./rows";

/** A pair of tokens, or a half of it. `refusedWith` is set when it was made worthless. */
interface Grant {
  ownerId: string;
  mode: "client" | "code";
  expiresAt: number;
  refusedWith?: number;
}

/** The world behind its door: who may come in, with what, and for how long (omada.md section 1). */
export abstract class OmadaAuth extends OmadaEvents {
  readonly clientId = randomBytes(16).toString("hex");
  clientSecret = randomBytes(16).toString("hex");
  password = "tide-tables";
  /** Even fresh tokens answer -44112. */
  refuseEveryToken = false;
  /** A new token kills the earlier ones. */
  lastTokenOnly = false;
  /** Makes whatever is handed out; `kind` is what it begins with: `AT-`, `RT-`, `OC-` or nothing. */
  mint: (kind: string) => string = (kind) => kind + randomBytes(16).toString("hex");
  /** Seconds that new tokens live. */
  expiresIn = 7200;
  readonly #tokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #codes = new Map<string, Grant>();
  readonly #logins = new Map<string, { csrfToken: string; ownerId: string }>();
  readonly #secrets = new Set<string>();
  #signIns = 0;

  /** All that nobody else may read: passwords, and whatever was handed out at the door. */
  secrets(): string[] {
    return [this.clientSecret, this.password, ...this.#secrets];
  }

  /** How many requests for a token succeeded. */
  signIns(): number {
    return this.#signIns;
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

  protected login(asked: Asked): Row {
    const { query } = asked;
    const ownerId = query.get("omadac_id");
    if (!this.knows(ownerId)) return unknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    const { username, password } = parsed(asked);
    if (username !== this.username || password !== this.password)
      throw new Refusal(-30109, "Wrong user name or password.");
    const [csrfToken, sessionId] = [this.#fresh(), this.#fresh()];
    this.#logins.set(sessionId, { csrfToken, ownerId });
    return { csrfToken, sessionId };
  }

  protected code({ query, headers }: Asked): string {
    const ownerId = query.get("omadac_id");
    if (!this.knows(ownerId)) return unknownController();
    this.#checkClient(query.get("client_id"), this.clientSecret);
    if (query.get("response_type") !== "code") throw new Refusal(-44107, "The response type must be code.");
    const sessionId = /(?:^|;\s*)TPOMADA_SESSIONID=([^;]*)/.exec(headers["cookie"] ?? "")?.[1] ?? "";
    const login = this.#logins.get(sessionId);
    if (login?.ownerId !== ownerId) throw new Refusal(-44109, "There is no such session.");
    if (headers["csrf-token"] !== login.csrfToken) throw new Refusal(-44108, "The CSRF token is not this session's.");
    const code = this.#fresh("OC-");
    this.#codes.set(code, { ownerId, mode: "code", expiresAt: this.now() + 120_000 });
    return code;
  }

  protected token(asked: Asked): Row {
    const grant = this.#granted(asked);
    if (this.lastTokenOnly) this.invalidateTokens();
    const [accessToken, refreshToken] = [this.#fresh("AT-"), this.#fresh("RT-")];
    this.#tokens.set(accessToken, { ...grant, expiresAt: this.now() + this.expiresIn * 1000 });
    this.#refreshTokens.set(refreshToken, { ...grant, expiresAt: this.now() + 14 * 86_400_000 });
    this.#signIns++;
    return { accessToken, tokenType: "bearer", expiresIn: this.expiresIn, refreshToken };
  }

  /** Lets a token in, or says why not. */
  protected modeOf(header: string | undefined, ownerId: string): Grant["mode"] {
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

  /** Whether it answers for this id: its own, or a customer's. */
  protected knows(id: unknown): id is string {
    return id === this.omadacId || this.customers.some(({ customerId }) => customerId === id);
  }

  #spoilTokens(refusedWith: number): void {
    for (const grant of this.#tokens.values()) grant.refusedWith = refusedWith;
  }

  #granted(asked: Asked): Pick<Grant, "ownerId" | "mode"> {
    const inQuery = Object.fromEntries(asked.query);
    switch (inQuery["grant_type"]) {
      case undefined:
        throw new Refusal(-44116, "The query has no grant type.");
      case "client_credentials": {
        // Clients of 2023 sent the credentials in the query (omada.md section 1.2).
        const { omadacId, client_id = inQuery["client_id"], client_secret = inQuery["client_secret"] } = parsed(asked);
        if (!this.knows(omadacId)) return unknownController();
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

  #fresh(kind = ""): string {
    const secret = this.mint(kind);
    this.#secrets.add(secret);
    return secret;
  }

  #checkClient(clientId: unknown, clientSecret: unknown): void {
    if (clientId === this.clientId && clientSecret === this.clientSecret) return;
    throw new Refusal(-44106, "The client id or the client secret is wrong.");
  }
}

export function unknownController(headers = {}): never {
  throw new Refusal(-7131, "There is no controller with this id.", 200, headers);
}

/** The body of a request, which has to be a JSON object that says that it is one. */
export function parsed({ headers, body }: Asked): Row {
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
