import type { Clock } from "../../../core/clock";
import type { ServerAddress } from "../../../http/server-address";
import type { Transport } from "../../../http/transport";
import type { SessionState } from "../../../session/session-state";
import type { KasaApi } from "../../cloud/api";
import type { KasaToken } from "../../cloud/schemas";
import type { KasaSettings } from "../../cloud/settings";
import { isTpLinkServer } from "./hosts";
import { MergedList } from "./merged-list";
import { ThingApi } from "./thing-api";
import { ThingSession } from "./thing-session";
import { ThingTransport } from "./thing-transport";
import { Things } from "./things";

/** Where the second cloud is reached. */
export interface ThingSettings {
  /** Takes everything; undefined = the cloud's own servers. */
  tapoServer?: ServerAddress | undefined;
}

/** TP-Link's second cloud, which drives Tapo and newer Kasa devices. */
export class ThingCloud {
  readonly transport: ThingTransport;
  readonly #things: Things;
  readonly #session: ThingSession;

  constructor(
    settings: KasaSettings & ThingSettings,
    account: KasaApi,
    transport: Transport,
    clock: Clock,
    state: SessionState<KasaToken>,
  ) {
    this.#session = new ThingSession(settings, account, transport, clock, state);
    const api = new ThingApi(settings, settings.tapoServer, transport, this.#session);
    this.#things = new Things(api, clock);
    this.transport = new ThingTransport(api, this.#things, clock);
  }

  /** The devices of the first cloud and of this one. */
  merge(first: Pick<KasaApi, "fetchDevices">): MergedList {
    return new MergedList(first, this.#things);
  }

  /** Lets the next call sign in, even if that was refused before. */
  clearRefusals(): void {
    this.#session.clearRefusals();
  }

  /** Aborts a sign-in in progress; the session stays. */
  close(): void {
    this.#session.close();
  }
}

/** The second cloud of an account. There is none for a first cloud that is not TP-Link's: its tokens are not for others. */
export function openThingCloud(
  settings: KasaSettings & ThingSettings,
  account: KasaApi,
  transport: Transport,
  clock: Clock,
  state: SessionState<KasaToken>,
): ThingCloud | undefined {
  if (!settings.tapoServer && !isTpLinkServer(settings.server)) return undefined;
  return new ThingCloud(settings, account, transport, clock, state);
}
