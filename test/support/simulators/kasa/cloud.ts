import { randomBytes } from "node:crypto";
import { SimulatedServer, type RecordedRequest, type ServeOptions, type SimulatedResponse } from "../simulated-server";
import type { CloudDevice } from "./devices";
import { isRecord, OWNER, type Json } from "./firmware";
import { home } from "./home";
import { Declined, nested, type Code } from "./refusals";

const APP_TYPES = ["Kasa_Android", "Kasa_iOS", "Kasa", "iphone", "Tapo_Android", "Tapo_Ios"];
const MOST_TOKENS = 20;
const MOST_FAILURES = 10;

/** Which account, and where the simulator listens. */
export interface KasaCloudOptions extends ServeOptions {
  email?: string;
  password?: string;
}

/** TP-Link's Kasa cloud (V1) with one account and its devices. */
export class KasaCloud {
  email: string;
  password: string;
  readonly devices: CloudDevice[] = home();
  /** Two-step verification is on: a password no longer signs in here, a refresh token does. */
  requireTwoStep = false;
  /** Errors of a login hide in the result of a success, as some gateways send them. */
  nestErrors = false;
  /** Even a fresh token counts as expired. */
  refuseEveryToken = false;
  /** Every login and refresh is one too many. */
  limitSignIns = false;
  /** A refresh hands out a new refresh token too, and the old one is worth nothing from then on. */
  rotateRefreshTokens = false;
  /** Makes each new token. */
  mint: (kind: "token" | "refresh token") => string = tokenText;
  #signIns = 0;
  #failures = 0;
  /** Each token with the code that it is declined with; 0 while it is live. */
  readonly #tokens = new Map<string, Code | 0>();
  readonly #refreshTokens = new Map<string, { terminal: unknown; isExpired: boolean }>();
  readonly #rotated: string[] = [];

  private constructor(
    readonly server: SimulatedServer,
    { email = OWNER, password = 'quoted "word" \\ & ~ 50%' }: KasaCloudOptions,
  ) {
    this.email = email;
    this.password = password;
  }

  /** Starts a cloud whose devices are those of a small home. */
  static async start(options: KasaCloudOptions = {}): Promise<KasaCloud> {
    const server = await SimulatedServer.start((asked) => cloud.#answer(asked), options);
    const cloud: KasaCloud = new KasaCloud(server, options);
    return cloud;
  }

  get url(): string {
    return this.server.url;
  }

  /** The device of that kind with exactly that alias. */
  device<D extends CloudDevice>(kind: abstract new (...made: never[]) => D, alias: string): D {
    const found = this.devices.find((device): device is D => device instanceof kind && device.alias === alias);
    if (!found) throw new Error(`No ${kind.name} is called ${alias}.`);
    return found;
  }

  /** Takes a device out of the account, as its owner does in the app. */
  remove(device: CloudDevice): void {
    this.devices.splice(this.devices.indexOf(device), 1);
  }

  /** How many logins and refreshes succeeded. */
  signIns(): number {
    return this.#signIns;
  }

  /** How many logins arrived, whatever became of them. */
  loginAttempts(): number {
    return this.calls("login");
  }

  /** How many requests of a method arrived, whatever became of them. */
  calls(method: string): number {
    return this.server.journal.filter(({ body }) => parsed(body)?.["method"] === method).length;
  }

  liveTokens(): string[] {
    return [...this.#tokens].filter(([, code]) => code === 0).map(([token]) => token);
  }

  /** What nobody but the owner may read: the e-mail address, the password, and every token so far. */
  secrets(): string[] {
    return [this.email, this.password, ...this.#tokens.keys(), ...this.#refreshTokens.keys(), ...this.#rotated];
  }

  /** Every token so far has expired. */
  expireTokens(): void {
    for (const token of this.#tokens.keys()) this.#tokens.set(token, -20651);
  }

  /** Every token so far was displaced by sign-ins elsewhere. */
  displaceTokens(): void {
    for (const token of this.#tokens.keys()) this.#tokens.set(token, -20675);
  }

  /** Every refresh token so far has expired. */
  expireRefreshTokens(): void {
    for (const refreshToken of this.#refreshTokens.values()) refreshToken.isExpired = true;
  }

  /** Ends the lock that too many wrong passwords brought. */
  unlock(): void {
    this.#failures = 0;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  #answer(asked: RecordedRequest): SimulatedResponse {
    if (asked.method !== "POST") return plain(405, "-10000 Generic error");
    if (asked.path !== "/") return plain(404, "-10000 Generic error");
    try {
      return { body: { error_code: 0, result: this.#result(asked) } };
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      return { body: { error_code: error.code, msg: error.message } };
    }
  }

  #result({ headers, body, query }: RecordedRequest): Json {
    const request = /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "") ? parsed(body) : undefined;
    if (!request) throw new Declined(-10100);
    const params = isRecord(request["params"]) ? request["params"] : {};
    const token = query.get("token") ?? params["token"];

    switch (request["method"]) {
      case "login":
        return this.nestErrors ? nested(() => this.#login(params)) : this.#login(params);
      case "refreshToken":
        return this.#refresh(params);
      case "getDeviceList":
        this.#checkToken(token);
        return { deviceList: this.devices.map((device) => device.listed(this.url)) };
      case "passthrough":
        this.#checkToken(token);
        return this.#passThrough(params);
      default:
        throw new Declined(-20103);
    }
  }

  #login(params: Json): Json {
    this.#checkSignIn(params, ["cloudUserName", "cloudPassword"]);
    if (params["cloudUserName"] !== this.email) throw new Declined(-20600);
    if (this.#failures >= MOST_FAILURES) throw new Declined(-20661);
    this.#failures = params["cloudPassword"] === this.password ? 0 : this.#failures + 1;
    if (this.#failures > 0) throw new Declined(-20601);
    if (this.requireTwoStep) throw new Declined(-23003);
    // A client in Python sends the flag as a word.
    const isRefreshTokenNeeded = String(params["refreshTokenNeeded"]) === "true";
    return {
      accountId: "20417365",
      regTime: "2021-05-09 07:41:26",
      countryCode: "IE",
      riskDetected: 0,
      nickname: "owner",
      email: this.email,
      token: this.#issueToken(),
      ...(isRefreshTokenNeeded && { refreshToken: this.#issueRefreshToken(params["terminalUUID"]) }),
    };
  }

  #refresh(params: Json): Json {
    this.#checkSignIn(params, ["refreshToken"]);
    const spent = String(params["refreshToken"]);
    const known = this.#refreshTokens.get(spent);
    if (known?.terminal !== params["terminalUUID"]) throw new Declined(-20656);
    if (known?.isExpired) throw new Declined(-20655);
    const token = this.#issueToken();
    if (!this.rotateRefreshTokens) return { token };
    this.#refreshTokens.delete(spent);
    this.#rotated.push(spent);
    return { token, refreshToken: this.#issueRefreshToken(params["terminalUUID"]) };
  }

  #checkSignIn(params: Json, names: string[]): void {
    if (this.limitSignIns) throw new Declined(-20004);
    // The terminal may be empty, but it has to be there (kasa.md section 1).
    const isComplete = [...names, "appType", "terminalUUID"].every((name) => typeof params[name] === "string");
    if (!isComplete) throw new Declined(-20104);
    if (!APP_TYPES.includes(String(params["appType"]))) throw new Declined(-23001);
  }

  #issueToken(): string {
    this.#signIns++;
    const token = this.mint("token");
    this.#tokens.set(token, 0);
    const [oldest = token, ...others] = this.liveTokens();
    if (others.length >= MOST_TOKENS) this.#tokens.set(oldest, -20675);
    return token;
  }

  #issueRefreshToken(terminal: unknown): string {
    const refreshToken = this.mint("refresh token");
    this.#refreshTokens.set(refreshToken, { terminal, isExpired: false });
    return refreshToken;
  }

  #checkToken(token: unknown): void {
    // A token that it never saw is "expired" too: the cloud knows no other word for it.
    const code = this.refuseEveryToken ? -20651 : (this.#tokens.get(String(token)) ?? -20651);
    if (code !== 0) throw new Declined(code);
  }

  #passThrough({ deviceId, requestData }: Json): Json {
    if (typeof deviceId !== "string") throw new Declined(-20104);
    if (requestData === undefined) throw new Declined(-20573);
    const request = typeof requestData === "string" ? parsed(requestData) : undefined;
    if (!request) throw new Declined(-20104);
    const device = this.devices.find((one) => one.deviceId === deviceId);
    if (!device) throw new Declined(-20580);
    if (!device.online || device.isListedOnly) throw new Declined(-20571);
    if (device.silent) throw new Declined(-20002);
    const answer = device.answer(request);
    return { responseData: device.answersObjects ? answer : JSON.stringify(answer) };
  }
}

const plain = (status: number, body: string): SimulatedResponse => ({
  status,
  headers: { "content-type": "text/plain" },
  body,
});

/** Eight characters, a dash, twenty-three more. */
const tokenText = (): string => `${randomBytes(4).toString("hex")}-${randomBytes(12).toString("hex").slice(1)}`;

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
