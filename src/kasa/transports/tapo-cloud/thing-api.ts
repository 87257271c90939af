import type { z } from "zod";
import type { CallOptions } from "../../../core/call-context";
import { encodeSegment } from "../../../core/encoding";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { createRequest, type Request } from "../../../http/request";
import { parseAs, parseJson, protocolError } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import type { ServerAddress } from "../../../http/server-address";
import type { Transport } from "../../../http/transport";
import type { KasaSettings } from "../../cloud/settings";
import { parseThingResponse } from "./errors";
import { ENTRY_SERVER, namedServer } from "./hosts";
import {
  EnergyData,
  EventList,
  ListedThing,
  ServerInfo,
  ServiceOutput,
  Shadow,
  ShadowList,
  ThingPage,
  Usage,
  WrittenShadow,
  type ThingEvent,
} from "./schemas";
import type { ThingSession } from "./thing-session";

/** A thing, and the server that knows it. */
export interface ThingAddress {
  thingName: string;
  server: ServerAddress;
}

/** The name in the header app-cid, as most clients have it (tapo-cloud.md section 4). */
const APP_NAME = "TP-Link_Tapo_Android";
const PAGE_SIZE = 100;
/** No account has more; a server that never ends must not cost all memory. */
const MAX_THINGS = 2000;
/** The cloud waits ten seconds for a device before it gives up (tapo-cloud.md section 6). */
const DEVICE_TIMEOUT_MS = 12_000;

/** What a header can hold. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;

/** The requests of TP-Link's second cloud, which is not documented (tapo-cloud.md). */
export class ThingApi {
  readonly #settings: KasaSettings;
  readonly #configured: ServerAddress | undefined;
  readonly #transport: Transport;
  readonly #session: ThingSession;
  #region: ServerAddress | undefined;

  /** @param configured takes everything; undefined = the cloud's own servers */
  constructor(
    settings: KasaSettings,
    configured: ServerAddress | undefined,
    transport: Transport,
    session: ThingSession,
  ) {
    this.#settings = settings;
    this.#configured = configured;
    this.#transport = transport;
    this.#session = session;
  }

  /** Fetches all things of the account, each once. */
  async fetchThings(options: CallOptions): Promise<(ListedThing & ThingAddress)[]> {
    const region = await this.#fetchRegion(options);
    const things = new Map<string, ListedThing & ThingAddress>();
    let received = 0;
    for (let page = 0; ; page++) {
      const query = { page: String(page), pageSize: String(PAGE_SIZE) };
      const { data, total } = await this.#fetchPage(region, query, options);
      const known = things.size;
      for (const entry of data) {
        // One that cannot be read must not cost the others.
        const thing = ListedThing.safeParse(entry).data;
        if (thing && things.size < MAX_THINGS)
          things.set(thing.thingName, { ...thing, server: namedServer(thing, this.#configured) ?? region });
      }
      received += data.length;
      if (received >= total || things.size === known || things.size >= MAX_THINGS) return [...things.values()];
    }
  }

  /** Fetches the shadows of things that one server knows. Those that it does not know are missing. */
  async fetchShadows(server: ServerAddress, thingNames: readonly string[], options: CallOptions): Promise<Shadow[]> {
    const query = { thingNames: thingNames.join(",") };
    const { shadows } = await this.#call(ShadowList, "read", "GET", server, "/v1/things/shadows", options, { query });
    return shadows;
  }

  /**
   * Writes what a thing shall become.
   * @param version one past the present one
   * @throws `VersionConflictError` if that is not what it is
   */
  async writeShadow(thing: ThingAddress, desired: object, version: number, options: CallOptions): Promise<void> {
    const body = { state: { desired }, version };
    await this.#call(WrittenShadow, "write", "PATCH", thing.server, pathOf(thing, "shadows"), options, { body });
  }

  /** Fetches power and energy, for which the cloud asks the device. @returns undefined if it has no meter */
  async fetchEnergyUsage(thing: ThingAddress, options: CallOptions): Promise<Record<string, unknown> | undefined> {
    const path = pathOf(thing, "usage");
    return (await this.#call(Usage, "read", "GET", thing.server, path, options, { asksDevice: true })).energy_usage;
  }

  /** Fetches the energy of past hours, days or months. @param params of the device's own get_energy_data */
  async fetchEnergyData(
    thing: ThingAddress,
    params: object,
    options: CallOptions,
  ): Promise<Record<string, unknown> | undefined> {
    const more = { body: { method: "get_energy_data", params }, asksDevice: true };
    const path = pathOf(thing, "usage");
    return (await this.#call(EnergyData, "read", "POST", thing.server, path, options, more)).energy_data;
  }

  /** Fetches the newest events of a button or a sensor, the newest one first. */
  async fetchEvents(thing: ThingAddress, count: number, options: CallOptions): Promise<ThingEvent[]> {
    const query = { fetchSize: String(count), order: "DESC", fetchType: "normal" };
    const path = pathOf(thing, "events");
    return (await this.#call(EventList, "read", "GET", thing.server, path, options, { query })).events;
  }

  /** Passes a request on to the device itself. Whether the cloud does so for others than cameras is not known. */
  async passThrough(thing: ThingAddress, requestData: object, effect: Effect, options: CallOptions): Promise<unknown> {
    const more = { body: { serviceId: "passthrough", inputParams: { requestData } }, asksDevice: true };
    const path = pathOf(thing, "services-sync");
    const { outputParams } = await this.#call(ServiceOutput, effect, "POST", thing.server, path, options, more);
    const { responseData } = outputParams;
    if (typeof responseData !== "string") return responseData;
    return parseJson({ statusCode: 200, headers: {}, text: responseData });
  }

  // Either version may go (tapo-cloud.md section 5.1); the first one lacks the newer address of a thing alone.
  async #fetchPage(region: ServerAddress, query: Record<string, string>, options: CallOptions): Promise<ThingPage> {
    const fetch = (path: string): Promise<ThingPage> =>
      this.#call(ThingPage, "read", "GET", region, path, options, { query });
    try {
      return await fetch("/v2/things");
    } catch (error) {
      if (!isPlatformError(error, "not-found", "unsupported")) throw error;
      return fetch("/v1/things");
    }
  }

  async #fetchRegion(options: CallOptions): Promise<ServerAddress> {
    if (this.#configured) return this.#configured;
    if (this.#region) return this.#region;
    const info = await this.#call(ServerInfo, "read", "GET", ENTRY_SERVER, "/v1/server-info", options);
    this.#region = namedServer(info, undefined);
    if (this.#region) return this.#region;
    throw protocolError("TP-Link's second cloud names a server that is not one of its own.");
  }

  #call<S extends z.ZodType>(
    schema: S,
    effect: Effect,
    method: Request["method"],
    { origin, prefix }: ServerAddress,
    path: string,
    options: CallOptions,
    { asksDevice, ...more }: Pick<Request, "query" | "body"> & { asksDevice?: boolean } = {},
  ): Promise<z.infer<S>> {
    const minTimeoutMs = asksDevice ? DEVICE_TIMEOUT_MS : undefined;
    const send = async (token: string): Promise<z.infer<S>> => {
      const headers = { authorization: header(`ut|${token}`), "app-cid": this.#appCid() };
      const request = createRequest({ effect, method, headers, minTimeoutMs, ...more }, origin, prefix + path);
      const response = await this.#transport.send(request, options);
      const { email, password, refreshToken } = this.#settings;
      const json = parseThingResponse(response, effect, [email, password, refreshToken, token]);
      return parseAs(schema, json, response.statusCode);
    };
    return this.#session.withToken(({ value }) => send(value), options, path.replace(/^\/v\d\/things\/[^/]+\//, ""));
  }

  #appCid(): string {
    const { terminalUUID } = this.#settings;
    if (HEADER_TEXT.test(terminalUUID) && !terminalUUID.includes(":")) return `app:${APP_NAME}:${terminalUUID}`;
    throw new PlatformError("config", "The terminal UUID must be letters, digits and hyphens. Correct it.");
  }
}

function header(text: string): string {
  if (HEADER_TEXT.test(text)) return text;
  throw protocolError("The token that the first cloud issued cannot be sent in a header.");
}

function pathOf({ thingName }: ThingAddress, rest: string): string {
  return `/v1/things/${encodeSegment(thingName, "thingName")}/${rest}`;
}
