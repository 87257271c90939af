import { randomBytes } from "node:crypto";
import { SimulatedServer, type RecordedRequest, type ServeOptions, type SimulatedResponse } from "../simulated-server";
import type { CloudDevice } from "./devices";
import { CloudError, nestError, type CloudErrorCode } from "./errors";
import { isRecord, OWNER, type Json } from "./firmware";
import { createHome } from "./home";

const APP_TYPES = ["Kasa_Android", "Kasa_iOS", "Kasa", "iphone", "Tapo_Android", "Tapo_Ios"];
const MAX_TOKENS = 20;
const MAX_FAILED_LOGINS = 10;

/** The account, and where the simulator listens. */
export interface KasaCloudOptions extends ServeOptions {
  email?: string;
  password?: string;
}

/** Who has got a token. */
export interface TokenHolder {
  appType: string;
  terminal: string;
}

/** TP-Link's Kasa cloud (V1) with one account and its devices. */
export class KasaCloud {
  email: string;
  password: string;
  readonly devices: CloudDevice[] = createHome();
  /** 2-step verification is on: a refresh token signs in, a password does not. */
  requireTwoStep = false;
  /** Errors of a login are nested in the result of a success, as some gateways send them. */
  nestErrors = false;
  /** Even a new token counts as expired. */
  refuseEveryToken = false;
  /** Every login and refresh exceeds the rate limit. */
  limitSignIns = false;
  /** How many of the next lists are empty: this cloud sends such lists now and then. */
  emptyLists = 0;
  /** A refresh replaces the refresh token, too. */
  rotateRefreshTokens = false;
  createToken: (kind: "token" | "refresh token") => string = createTokenText;
  #signIns = 0;
  #failedLogins = 0;
  /** Each token with the error code that it causes; 0 while it is live. */
  readonly #tokens = new Map<string, CloudErrorCode | 0>();
  /** Each token with the app and the terminal that it was issued to. */
  readonly #holders = new Map<string, TokenHolder>();
  readonly #refreshTokens = new Map<string, { terminal: unknown; isExpired: boolean }>();
  readonly #replacedRefreshTokens: string[] = [];

  private constructor(
    readonly server: SimulatedServer,
    { email = OWNER, password = 'quoted "word" \\ & ~ 50%' }: KasaCloudOptions,
  ) {
    this.email = email;
    this.password = password;
  }

  /** Starts a cloud whose devices are those of a small home. */
  static async start(options: KasaCloudOptions = {}): Promise<KasaCloud> {
    const server = await SimulatedServer.start((request) => cloud.#respond(request), options);
    const cloud: KasaCloud = new KasaCloud(server, options);
    return cloud;
  }

  get url(): string {
    return this.server.url;
  }

  /** The device of a class with exactly this alias. */
  device<D extends CloudDevice>(kind: abstract new (...args: never[]) => D, alias: string): D {
    const device = this.devices.find((one): one is D => one instanceof kind && one.alias === alias);
    if (!device) throw new Error(`No ${kind.name} has the alias ${alias}.`);
    return device;
  }

  /** Removes a device from the account, as its owner does in the app. */
  remove(device: CloudDevice): void {
    this.devices.splice(this.devices.indexOf(device), 1);
  }

  /** How many logins and refreshes succeeded. */
  signIns(): number {
    return this.#signIns;
  }

  /** How many logins arrived, successful or not. */
  loginAttempts(): number {
    return this.calls("login");
  }

  /** How many requests of a method arrived, successful or not. */
  calls(method: string): number {
    return this.server.journal.filter(({ body }) => parseObject(body)?.["method"] === method).length;
  }

  liveTokens(): string[] {
    return [...this.#tokens].filter(([, code]) => code === 0).map(([token]) => token);
  }

  /** Who holds a live token, for another cloud that accepts it; undefined if it is not live. */
  holderOf(token: string): TokenHolder | undefined {
    return this.refuseEveryToken || this.#tokens.get(token) !== 0 ? undefined : this.#holders.get(token);
  }

  /** What only the owner may read: the e-mail address, the password, and every token so far. */
  secrets(): string[] {
    return [
      this.email,
      this.password,
      ...this.#tokens.keys(),
      ...this.#refreshTokens.keys(),
      ...this.#replacedRefreshTokens,
    ];
  }

  /** Expires every token so far. */
  expireTokens(): void {
    for (const token of this.#tokens.keys()) this.#tokens.set(token, -20651);
  }

  /** Displaces every token so far, as sign-ins elsewhere do. */
  displaceTokens(): void {
    for (const token of this.#tokens.keys()) this.#tokens.set(token, -20675);
  }

  /** Expires every refresh token so far. */
  expireRefreshTokens(): void {
    for (const refreshToken of this.#refreshTokens.values()) refreshToken.isExpired = true;
  }

  /** Unlocks the account after too many wrong passwords. */
  unlock(): void {
    this.#failedLogins = 0;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  #respond(request: RecordedRequest): SimulatedResponse {
    if (request.method !== "POST") return plainText(405, "-10000 Generic error");
    if (request.path !== "/") return plainText(404, "-10000 Generic error");
    try {
      return { body: { error_code: 0, result: this.#result(request) } };
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      return { body: { error_code: error.code, msg: error.message } };
    }
  }

  #result({ headers, body, query }: RecordedRequest): Json {
    const request = /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "") ? parseObject(body) : undefined;
    if (!request) throw new CloudError(-10100);
    const params = isRecord(request["params"]) ? request["params"] : {};
    const token = query.get("token") ?? params["token"];

    switch (request["method"]) {
      case "login":
        return this.nestErrors ? nestError(() => this.#login(params)) : this.#login(params);
      case "refreshToken":
        return this.#refresh(params);
      case "getDeviceList":
        this.#checkToken(token);
        return { deviceList: this.#list() };
      case "passthrough":
        this.#checkToken(token);
        return this.#passthrough(params);
      default:
        throw new CloudError(-20103);
    }
  }

  #list(): Json[] {
    if (this.emptyLists > 0) {
      this.emptyLists--;
      return [];
    }
    return this.devices.filter(({ isUnlisted }) => !isUnlisted).map((device) => device.toListEntry(this.url));
  }

  #login(params: Json): Json {
    this.#checkSignIn(params, ["cloudUserName", "cloudPassword"]);
    if (params["cloudUserName"] !== this.email) throw new CloudError(-20600);
    if (this.#failedLogins >= MAX_FAILED_LOGINS) throw new CloudError(-20661);
    this.#failedLogins = params["cloudPassword"] === this.password ? 0 : this.#failedLogins + 1;
    if (this.#failedLogins > 0) throw new CloudError(-20601);
    if (this.requireTwoStep) throw new CloudError(-23003);
    // A Python client sends the flag as text.
    const isRefreshTokenNeeded = String(params["refreshTokenNeeded"]) === "true";
    return {
      accountId: "20417365",
      regTime: "2021-05-09 07:41:26",
      countryCode: "IE",
      riskDetected: 0,
      nickname: "owner",
      email: this.email,
      token: this.#issueToken(params),
      ...(isRefreshTokenNeeded && { refreshToken: this.#issueRefreshToken(params["terminalUUID"]) }),
    };
  }

  #refresh(params: Json): Json {
    this.#checkSignIn(params, ["refreshToken"]);
    const refreshToken = String(params["refreshToken"]);
    const issued = this.#refreshTokens.get(refreshToken);
    if (issued?.terminal !== params["terminalUUID"]) throw new CloudError(-20656);
    if (issued?.isExpired) throw new CloudError(-20655);
    const token = this.#issueToken(params);
    if (!this.rotateRefreshTokens) return { token };
    this.#refreshTokens.delete(refreshToken);
    this.#replacedRefreshTokens.push(refreshToken);
    return { token, refreshToken: this.#issueRefreshToken(params["terminalUUID"]) };
  }

  #checkSignIn(params: Json, names: string[]): void {
    if (this.limitSignIns) throw new CloudError(-20004);
    // The terminal may be empty, but not missing (kasa.md section 1).
    const isComplete = [...names, "appType", "terminalUUID"].every((name) => typeof params[name] === "string");
    if (!isComplete) throw new CloudError(-20104);
    if (!APP_TYPES.includes(String(params["appType"]))) throw new CloudError(-23001);
  }

  #issueToken({ appType, terminalUUID }: Json): string {
    this.#signIns++;
    const token = this.createToken("token");
    this.#tokens.set(token, 0);
    this.#holders.set(token, { appType: String(appType), terminal: String(terminalUUID) });
    const [oldest = token, ...others] = this.liveTokens();
    if (others.length >= MAX_TOKENS) this.#tokens.set(oldest, -20675);
    return token;
  }

  #issueRefreshToken(terminal: unknown): string {
    const refreshToken = this.createToken("refresh token");
    this.#refreshTokens.set(refreshToken, { terminal, isExpired: false });
    return refreshToken;
  }

  #checkToken(token: unknown): void {
    // The cloud calls an unknown token "expired", too.
    const code = this.refuseEveryToken ? -20651 : (this.#tokens.get(String(token)) ?? -20651);
    if (code !== 0) throw new CloudError(code);
  }

  #passthrough({ deviceId, requestData }: Json): Json {
    if (typeof deviceId !== "string") throw new CloudError(-20104);
    if (requestData === undefined) throw new CloudError(-20573);
    const request = typeof requestData === "string" ? parseObject(requestData) : undefined;
    if (!request) throw new CloudError(-20104);
    const device = this.devices.find((one) => one.deviceId === deviceId);
    if (!device) throw new CloudError(-20580);
    if (!device.online || device.isListedOnly) throw new CloudError(-20571);
    if (device.silent) throw new CloudError(-20002);
    const response = device.respond(request);
    return { responseData: device.respondsWithObject ? response : JSON.stringify(response) };
  }
}

const plainText = (status: number, body: string): SimulatedResponse => ({
  status,
  headers: { "content-type": "text/plain" },
  body,
});

/** Eight characters, a hyphen, and 23 characters. */
const createTokenText = (): string => `${randomBytes(4).toString("hex")}-${randomBytes(12).toString("hex").slice(1)}`;

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
