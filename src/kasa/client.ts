import type { z } from "zod";
import { setOperation, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { toJson } from "../core/encoding";
import { InvalidTokenError, isPlatformError, PlatformError } from "../core/errors";
import { collectSecrets, redact } from "../core/redact";
import { parseAs, parseJson, protocolError } from "../http/response";
import type { Effect } from "../http/retry";
import { parseServerAddress, type ServerAddress } from "../http/server-address";
import { createRequest, type Request, type Transport } from "../http/transport";
import { Session, type SessionState, type Token } from "../session/session";
import { errorFromCode } from "./cloud/error-codes";
import { Account, DeviceList, Envelope, InnerVerdict, Passthrough } from "./cloud/schemas";
import { parseDevice, type Device, type DeviceState } from "./devices/device";
import { DeviceControl } from "./devices/device-control";
import { DeviceSource } from "./devices/device-source";
import { isObject, type DeviceResponse } from "./protocols/iot/device-response";

/** Who signs in to Kasa's cloud, and where. */
export interface KasaSettings {
  server: ServerAddress;
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
  /** Drives the devices, each by its name. */
  readonly control: DeviceControl;
  /** What happens to the devices, for those who watch them. */
  readonly deviceSource: DeviceSource;
  /** How often anything was sent to sign in. */
  #signInTries = 0;

  /**
   * @param memory of an earlier client of the same credentials
   * @throws `config` when there is nothing to sign in with
   */
  constructor(settings: KasaSettings, transport: Transport, clock: Clock, memory: SessionState = {}) {
    if (!settings.refreshToken && !(settings.email && settings.password)) {
      throw new PlatformError(
        "config",
        "Enter the e-mail address and password of the Kasa account, or a refresh token.",
      );
    }
    this.#settings = settings;
    this.#transport = transport;
    this.#session = new Session(
      (previous, signal) => this.#obtain(previous, { signal }),
      clock,
      memory as SessionState<KasaToken>,
    );
    this.control = new DeviceControl(
      {
        fetchDevices: (options) => this.devices(options),
        send: (device, command, effect, options) => this.#passthrough(device, command, effect, options),
      },
      clock,
    );
    this.deviceSource = new DeviceSource(
      {
        fetchDevices: (options) => this.devices(options),
        fetchState: (device, options) => this.control.read(device, options),
      },
      clock,
    );
  }

  /**
   * Hands out the live session, or signs in.
   * @param force signs in anew in any case, and lifts a latched refusal
   * @returns the cloud's own answer, and whether the session was there already
   */
  async signIn(force: boolean, options: CallOptions = {}): Promise<{ account: Account; reused: boolean }> {
    setOperation("login", options);
    const before = this.#signInTries;
    try {
      const { token, reused } = await this.#session.signIn(force, options);
      return { account: token.account, reused };
    } finally {
      if (options.trace) options.trace.attempts = this.#signInTries - before;
    }
  }

  /** The devices of the account, as the cloud lists them. */
  async devices(options: CallOptions = {}): Promise<Device[]> {
    setOperation("getDeviceList", options);
    const { deviceList } = await this.#call(
      this.#request("getDeviceList", undefined, this.#settings.server),
      DeviceList,
      options,
    );
    return deviceList.map(parseDevice);
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
      return { ...device, state: await this.control.read(device, options) };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      return { ...device, state: null, stateError: { code: error.code, message: error.message } };
    }
  }

  async #passthrough(device: Device, command: object, effect: Effect, options: CallOptions): Promise<DeviceResponse> {
    const params = { deviceId: device.deviceId, requestData: toJson(command) };
    const request = this.#request("passthrough", params, this.#serverOf(device), effect);
    const { responseData } = await this.#call(request, Passthrough, options);
    const answer =
      typeof responseData === "string" ? parseJson({ statusCode: 200, headers: {}, text: responseData }) : responseData;
    if (!isObject(answer)) throw protocolError("The device's part of it is no object.");
    return answer;
  }

  // The cloud names the host of each device: a token goes to TP-Link's own hosts only, else to the configured one.
  #serverOf({ appServerUrl }: Device): ServerAddress {
    const { server } = this.#settings;
    if (!appServerUrl || !URL.canParse(appServerUrl)) return server;
    const { protocol, hostname, origin } = new URL(appServerUrl);
    const theirs = protocol === "https:" && hostname.endsWith(".tplinkcloud.com");
    return theirs && origin !== server.origin ? parseServerAddress(origin) : server;
  }

  #call<S extends z.ZodType>(request: Request, schema: S, options: CallOptions): Promise<z.infer<S>> {
    return this.#session.withToken((token) => {
      request.query = { token: token.value };
      return this.#ask(request, schema, options);
    }, options);
  }

  #request(
    method: string,
    params: object | undefined,
    { origin, prefix }: ServerAddress,
    effect: Effect = "read",
  ): Request {
    return createRequest({ effect, method: "POST", body: { method, params } }, origin, `${prefix}/`);
  }

  async #ask<S extends z.ZodType>(request: Request, schema: S, options: CallOptions): Promise<z.infer<S>> {
    const reply = await this.#transport.send(request, options);
    const envelope = parseAs(Envelope, parseJson(reply), reply.statusCode);
    const inner = InnerVerdict.safeParse(envelope.result).data;
    const vendorCode = envelope.error_code || inner?.errorCode || 0;
    if (vendorCode === 0) return parseAs(schema, envelope.result, reply.statusCode);

    const words = redact(envelope.msg ?? inner?.errorMsg ?? "", [...this.#secrets(), ...collectSecrets(request)]);
    const { isInvalidToken, error } = errorFromCode(vendorCode, words, reply.statusCode);
    throw isInvalidToken ? new InvalidTokenError(error) : error;
  }

  // A refresh token first: it works with 2-step verification on, and spares a sign-in (kasa.md section 0.3).
  async #obtain(previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const { email, password } = this.#settings;
    const refreshToken = previous?.refreshToken ?? this.#ownRefreshToken();
    if (refreshToken) {
      try {
        return await this.#refresh(refreshToken, previous, options);
      } catch (error) {
        const refused =
          error instanceof InvalidTokenError || isPlatformError(error, "sign-in", "rejected", "unsupported");
        if (!refused || !(email && password)) throw error;
      }
    }
    return this.#login(options);
  }

  // The cloud may have put another one in the place of the owner's, which is worth nothing from then on.
  #ownRefreshToken(): string {
    const { refreshToken } = this.#settings;
    return refreshToken && (this.#session.token?.refreshToken ?? refreshToken);
  }

  async #login(options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID, email, password } = this.#settings;
    const params = { appType, cloudUserName: email, cloudPassword: password, terminalUUID, refreshTokenNeeded: true };
    const account = await this.#askAccount("login", params, options);
    return { value: account.token, refreshToken: account.refreshToken, account };
  }

  // The answer may lack a new refresh token: then the old one goes on (kasa.md section 1).
  async #refresh(spent: string, previous: KasaToken | undefined, options: CallOptions): Promise<KasaToken> {
    const { appType, terminalUUID } = this.#settings;
    const fresh = await this.#askAccount("refreshToken", { appType, terminalUUID, refreshToken: spent }, options);
    const refreshToken = fresh.refreshToken ?? spent;
    return { value: fresh.token, refreshToken, account: { ...previous?.account, ...fresh, refreshToken } };
  }

  async #askAccount(method: string, params: object, options: CallOptions): Promise<Account> {
    const request = this.#request(method, params, this.#settings.server);
    try {
      return await this.#ask(request, Account, options);
    } finally {
      this.#signInTries += request.attempts ?? 0;
    }
  }

  #secrets(): (string | undefined)[] {
    const { email, password, refreshToken } = this.#settings;
    const { token } = this.#session;
    return [email, password, refreshToken, token?.value, token?.refreshToken];
  }
}
