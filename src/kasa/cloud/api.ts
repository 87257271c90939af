import { setOperation, type CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { memoize } from "../../core/memoize";
import type { Effect } from "../../http/retry";
import { parseServerAddress, type ServerAddress } from "../../http/server-address";
import type { Transport } from "../../http/transport";
import { Session } from "../../session/session";
import type { SessionState } from "../../session/session-state";
import type { Device } from "../device";
import { createCloudRequest, EnvelopeTransport } from "./envelope";
import { parseListedDevice } from "./listed-device";
import { DeviceList, KasaToken, PassthroughResult, type Account } from "./schemas";
import type { KasaSettings } from "./settings";
import { SignIn } from "./sign-in";

/** For so long a token counts as live after it was issued or accepted. */
const MAX_LIVE_MS = 60_000;

/** The methods of Kasa's cloud (V1), called with the token of one session. */
export class KasaApi {
  readonly #server: ServerAddress;
  readonly #http: EnvelopeTransport;
  readonly #signIn: SignIn;
  readonly #session: Session<KasaToken>;
  readonly #clock: Clock;
  /** The token that was last issued or accepted, and until when that shows that it is live. */
  #live = { token: "", until: -Infinity };
  readonly #deviceServer = memoize((appServerUrl) => deviceServer(appServerUrl, this.#server));

  /**
   * @param state of an earlier session with the same credentials
   * @throws `config` if there is nothing to sign in with
   */
  constructor(settings: KasaSettings, transport: Transport, clock: Clock, state: SessionState<KasaToken>) {
    const { server, email, password, refreshToken } = settings;
    this.#server = server;
    this.#http = new EnvelopeTransport(transport, [email, password, refreshToken]);
    this.#signIn = new SignIn(settings, this.#http, state);
    this.#clock = clock;
    this.#session = new Session(
      (previous, signal) => this.#signIn.authenticate(previous, { signal }).then((token) => this.#markLive(token)),
      KasaToken,
      clock,
      state,
    );
  }

  /**
   * Returns the live session, or signs in.
   * @param force signs in in any case, even if the cloud has refused the credentials before
   * @returns the result of the cloud, and whether the session existed already
   */
  async signIn(force: boolean, options: CallOptions): Promise<{ account: Account; reused: boolean }> {
    setOperation("login", options);
    const attemptsBefore = this.#signIn.attempts;
    try {
      const { token, reused } = await this.#session.signIn(force, options);
      return { account: token.account, reused };
    } finally {
      if (options.trace) options.trace.attempts = this.#signIn.attempts - attemptsBefore;
    }
  }

  /** Fetches the devices of the account. */
  async fetchDevices(options: CallOptions): Promise<Device[]> {
    setOperation("getDeviceList", options);
    let { deviceList } = await this.#fetchList(options);
    // This cloud sends empty lists now and then, for accounts that have devices.
    if (deviceList.length === 0) ({ deviceList } = await this.#fetchList(options));
    // One that is shared with its own account may be listed twice: it is no second device with the same name.
    const devices = new Map(deviceList.toReversed().map((device) => [device.deviceId.toLowerCase(), device]));
    return [...devices.values()].toReversed().map(parseListedDevice);
  }

  #fetchList(options: CallOptions): Promise<DeviceList> {
    const request = createCloudRequest("getDeviceList", undefined, this.#server);
    return this.#session.withToken(
      async (token) => {
        const list = await this.#http.send(DeviceList, request, token, options);
        this.#markLive(token);
        return list;
      },
      options,
      "getDeviceList",
    );
  }

  /**
   * Passes a command on to a device.
   * @param requestData JSON, which the cloud does not interpret
   */
  passthrough(
    { deviceId, appServerUrl = "" }: Device,
    requestData: string,
    effect: Effect,
    options: CallOptions,
  ): Promise<PassthroughResult> {
    const server = this.#deviceServer(appServerUrl);
    const request = createCloudRequest("passthrough", { deviceId, requestData }, server, effect);
    return this.#session.withToken(
      (token) => this.#http.send(PassthroughResult, request, token, options),
      options,
      deviceId,
    );
  }

  /** Makes a call of another cloud with the account's token. @param name of what is called */
  withToken<R>(call: (token: KasaToken) => Promise<R>, options: CallOptions, name: string): Promise<R> {
    return this.#session.withToken(call, options, name);
  }

  /** Whether a token is known to be live: it was issued, or accepted by this cloud, a moment ago. */
  isLive({ value }: KasaToken): boolean {
    return value === this.#live.token && this.#clock.now() < this.#live.until;
  }

  /** Aborts a sign-in in progress; the cloud's session stays. */
  close(): void {
    this.#session.close();
  }

  #markLive(token: KasaToken): KasaToken {
    this.#live = { token: token.value, until: this.#clock.now() + MAX_LIVE_MS };
    return token;
  }
}

// The cloud names a host for each device. A token goes to no host but TP-Link's own and the configured one.
function deviceServer(appServerUrl: string, configured: ServerAddress): ServerAddress {
  if (!URL.canParse(appServerUrl)) return configured;
  const { protocol, hostname, origin } = new URL(appServerUrl);
  const isTpLink = protocol === "https:" && hostname.endsWith(".tplinkcloud.com");
  return isTpLink && origin !== configured.origin ? parseServerAddress(origin) : configured;
}
