import type { z } from "zod";
import type { CallOptions } from "../call";
import type { Clock } from "../clock";
import { hasCode, PlatformError, TokenSpent } from "../errors";
import { redact } from "../redact";
import { readAs, readJson, unreadable } from "../reply";
import { readServer, type Server } from "../server";
import { Session, type Token } from "../session";
import type { Request, Transport } from "../transport";
import { deviceFailure, readCode } from "./codes";
import { type Device, type DeviceState, readDevice, readState } from "./devices";
import { Account, DeviceList, Envelope, InnerVerdict, Passthrough, Sysinfo } from "./schemas";

/** Who signs in to Kasa's cloud, and where. */
export interface KasaSettings {
  server: Server;
  /** The app that we say we are; the cloud knows a handful. */
  appType: string;
  /** Rate limits and refresh tokens belong to it, so it must stay the same for ever (kasa.md section 0.7). */
  terminalUUID: string;
  email: string;
  password: string;
  /** With it no password is needed. */
  refreshToken: string;
}

interface KasaToken extends Token {
  refreshToken: string | undefined;
  /** The cloud's own answer. */
  account: Account;
}

/** A device with its state, or with the reason why there is none. */
export type DeviceWithState = Device & {
  state?: DeviceState | null;
  stateError?: { code: string; message: string };
};

/** The Kasa cloud account: its devices, and what can be asked of them. */
export class KasaClient {
  readonly #settings: KasaSettings;
  readonly #transport: Transport;
  readonly #session: Session<KasaToken>;

  /** @throws `config` when there is nothing to sign in with */
  constructor(settings: KasaSettings, transport: Transport, clock: Clock) {
    if (!settings.refreshToken && !(settings.email && settings.password)) {
      throw new PlatformError(
        "config",
        "Enter the e-mail address and password of the Kasa account, or a refresh token.",
      );
    }
    this.#settings = settings;
    this.#transport = transport;
    this.#session = new Session((previous, signal) => this.#obtain(previous, { signal }), clock);
  }

  /**
   * Hands out the live session, or signs in.
   * @param force signs in anew in any case, and lifts a latched refusal
   * @returns the cloud's own answer, and whether the session was there already
   */
  async signIn(force: boolean, options: CallOptions = {}): Promise<{ account: Account; reused: boolean }> {
    nameOperation("login", options);
    const { token, reused } = await this.#session.signIn(force, options);
    if (options.record) options.record.attempts = reused ? 0 : 1;
    return { account: token.account, reused };
  }

  /** The devices of the account, as the cloud lists them. */
  async devices(options: CallOptions = {}): Promise<Device[]> {
    nameOperation("getDeviceList", options);
    const { deviceList } = await this.#call("getDeviceList", undefined, DeviceList, this.#settings.server, options);
    return deviceList.map(readDevice);
  }

  /** The devices of the account, each one that is online and supported with its state; one that fails says so itself. */
  async devicesWithState(options: CallOptions = {}): Promise<DeviceWithState[]> {
    const devices = await this.devices(options);
    return Promise.all(devices.map((device) => this.#withState(device, options)));
  }

  /** Ends the session's own work; the platform is not told. */
  close(): void {
    this.#session.close();
  }

  async #withState(device: Device, options: CallOptions): Promise<DeviceWithState> {
    if (!device.online || !device.supported) return device;
    try {
      return { ...device, state: await this.#state(device, options) };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      return { ...device, state: null, stateError: { code: error.code, message: error.message } };
    }
  }

  async #state(device: Device, options: CallOptions): Promise<DeviceState> {
    const answer = await this.#passthrough(device, { system: { get_sysinfo: {} } }, options);
    return readState(device, readAs(Sysinfo, deviceAnswer(answer, "system", "get_sysinfo")));
  }

  async #passthrough(device: Device, command: object, options: CallOptions): Promise<Record<string, unknown>> {
    const params = { deviceId: device.deviceId, requestData: JSON.stringify(command) };
    const { responseData } = await this.#call("passthrough", params, Passthrough, this.#serverOf(device), options);
    const answer =
      typeof responseData === "string" ? readJson({ statusCode: 200, headers: {}, text: responseData }) : responseData;
    if (!isObject(answer)) throw unreadable("The device's part of it is no object.");
    return answer;
  }

  // The cloud names the host of each device: a token goes to TP-Link's own hosts only, else to the configured one.
  #serverOf({ appServerUrl }: Device): Server {
    const { server } = this.#settings;
    if (!appServerUrl || !URL.canParse(appServerUrl)) return server;
    const { protocol, hostname, origin } = new URL(appServerUrl);
    const theirs = protocol === "https:" && hostname.endsWith(".tplinkcloud.com");
    return theirs && origin !== server.origin ? readServer(origin) : server;
  }

  #call<S extends z.ZodType>(
    method: string,
    params: object | undefined,
    schema: S,
    server: Server,
    options: CallOptions,
  ): Promise<z.infer<S>> {
    const request = this.#request(method, params, server);
    return this.#session.use((token) => {
      request.query = { token: token.value };
      return this.#ask(request, schema, options);
    }, options);
  }

  #request(method: string, params: object | undefined, { origin, prefix }: Server): Request {
    return { effect: "read", method: "POST", origin, path: `${prefix}/`, body: { method, params } };
  }

  async #ask<S extends z.ZodType>(request: Request, schema: S, options: CallOptions): Promise<z.infer<S>> {
    const reply = await this.#transport.send(request, options);
    const envelope = readAs(Envelope, readJson(reply), reply.statusCode);
    const inner = InnerVerdict.safeParse(envelope.result).data;
    const vendorCode = envelope.error_code || inner?.errorCode || 0;
    if (vendorCode === 0) return readAs(schema, envelope.result, reply.statusCode);

    const words = redact(envelope.msg ?? inner?.errorMsg ?? "", this.#secrets());
    const { spent, error } = readCode(vendorCode, words, reply.statusCode);
    throw spent ? new TokenSpent(error) : error;
  }

  // A refresh token first: it works with 2-step verification on, and spares a sign-in (kasa.md section 0.3).
  async #obtain(previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const refreshToken = previous?.refreshToken ?? this.#settings.refreshToken;
    if (refreshToken) {
      try {
        return await this.#refresh(refreshToken, previous, options);
      } catch (error) {
        const refused = error instanceof TokenSpent || hasCode(error, "sign-in", "rejected", "unsupported");
        if (!refused || !this.#settings.password) throw error;
      }
    }
    return this.#login(options);
  }

  async #login(options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID, email, password } = this.#settings;
    const params = { appType, cloudUserName: email, cloudPassword: password, terminalUUID, refreshTokenNeeded: true };
    const account = await this.#ask(this.#request("login", params, this.#settings.server), Account, options);
    return { value: account.token, refreshToken: account.refreshToken, account };
  }

  // The answer may lack a new refresh token: then the old one goes on (kasa.md section 1).
  async #refresh(refreshToken: string, previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID, server } = this.#settings;
    const params = { appType, terminalUUID, refreshToken };
    const fresh = await this.#ask(this.#request("refreshToken", params, server), Account, options);
    const account = { ...previous?.account, refreshToken, ...fresh };
    return { value: account.token, refreshToken: account.refreshToken, account };
  }

  #secrets(): (string | undefined)[] {
    const { email, password, refreshToken } = this.#settings;
    const { token } = this.#session;
    return [email, password, refreshToken, token?.value, token?.refreshToken];
  }
}

// A device puts its err_code on the module or on the method (kasa.md section 3).
function deviceAnswer(answer: Record<string, unknown>, module: string, method: string): unknown {
  const ofModule = answer[module];
  const ofMethod = isObject(ofModule) ? ofModule[method] : undefined;
  for (const part of [ofModule, ofMethod]) {
    if (isObject(part) && typeof part["err_code"] === "number" && part["err_code"] !== 0)
      throw deviceFailure(part["err_code"]);
  }
  return ofMethod;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOperation(operation: string, { record }: CallOptions): void {
  if (record) record.operation = operation;
}
