import { isRecord, isWithin, type Json } from "../../kasa/firmware";
import type { SmartFirmware, SmartResponse } from "../types";

/** Refuses a request with an `error_code` (kasa-local.md section 8). */
export class SmartError extends Error {
  constructor(readonly code: number) {
    super(String(code));
  }
}
export const UNKNOWN_METHOD = -1002;
export const WRONG_JSON = -1003;
export const WRONG_PARAMS = -1008;
export const BATCH_FAILED = 1200;

/** @returns the result; undefined for methods that only set something */
export type SmartMethod = (params: Json) => Json | undefined;

/** What may be set, if the unit has the key at all. */
const SETTABLE: Readonly<Record<string, (value: unknown, info: Json) => boolean>> = {
  device_on: (value) => typeof value === "boolean",
  brightness: (value) => isWithin(value, 1, 100),
  hue: (value) => isWithin(value, 0, 360),
  saturation: (value) => isWithin(value, 0, 100),
  color_temp: (value, info) => value === 0 || isInRange(value, info["color_temp_range"]),
  nickname: (value) => typeof value === "string" && Buffer.from(value, "base64").toString("base64") === value,
  fan_speed_level: (value) => isWithin(value, 1, 4),
  frost_protection_on: (value) => typeof value === "boolean",
  child_protection: (value) => typeof value === "boolean",
  temp_offset: (value) => isWithin(value, -10, 10),
  target_temp: (value, info) =>
    Number(value) >= Number(info["min_control_temp"]) && Number(value) <= Number(info["max_control_temp"]),
};

/** The children of a list that one response holds. */
const PAGE_SIZE = 10;

/** A SMART device, or one child of it: what it reports about itself, and what it understands. */
export class SmartUnit implements SmartFirmware {
  /** `error_code` by method: these are refused, and not carried out. */
  readonly refusals = new Map<string, number>();
  /** So many times the next `get_device_info` tells the state from before the last change. */
  staleReads = 0;
  /** What it does with several requests that come as one, beside carrying them out. */
  batchFault: "answers-an-error" | "answers-nothing" | "answers-none" | "answers-the-first" | undefined;
  /** How often it was restarted. */
  restarts = 0;
  readonly children: SmartUnit[] = [];
  #before: Json | undefined;
  #aheadMs = 0;

  /**
   * @param info what `get_device_info` returns
   * @param components ids with versions
   * @param methods beside those that every unit has
   */
  constructor(
    readonly info: Json,
    readonly components: Readonly<Record<string, number>>,
    readonly methods: Record<string, SmartMethod> = {},
  ) {}

  get on(): boolean {
    return this.info["device_on"] === true;
  }

  set on(on: boolean) {
    this.info["device_on"] = on;
  }

  answer(request: { method: string; params?: unknown }): SmartResponse {
    try {
      const result = this.#carryOut(request);
      return result === undefined ? { error_code: 0 } : { error_code: 0, result };
    } catch (error) {
      if (!(error instanceof SmartError)) throw error;
      return { error_code: error.code };
    }
  }

  #carryOut({ method, params = {} }: { method: string; params?: unknown }): Json | undefined {
    const refusal = this.refusals.get(method);
    if (refusal !== undefined) throw new SmartError(refusal);
    // `null` is no object either: some methods refuse it.
    if (!isRecord(params)) throw new SmartError(WRONG_PARAMS);
    const own = Object.hasOwn(this.methods, method) ? this.methods[method] : this.#common(method);
    if (!own) throw new SmartError(UNKNOWN_METHOD);
    return own(params);
  }

  #common(method: string): SmartMethod | undefined {
    const isParent = this.children.length > 0 || "child_device" in this.components;
    switch (method) {
      case "component_nego":
        return () => ({ component_list: toList(this.components) });
      case "get_device_info":
        return () => this.#reported();
      case "set_device_info":
        return (params) => this.#set(params);
      case "get_device_time":
        return "time" in this.components ? () => this.#time() : undefined;
      case "set_device_time":
        return "time" in this.components ? (params) => this.#setTime(params) : undefined;
      case "device_reboot":
        return ({ delay }) => {
          if (!isWithin(delay, 1, 10)) throw new SmartError(WRONG_PARAMS);
          this.restarts++;
          return undefined;
        };
      case "multipleRequest":
        return ({ requests }) => this.#carryOutAll(requests);
      case "get_child_device_list":
        return isParent
          ? (params) =>
              page(
                this.children.map(({ info }) => info),
                "child_device_list",
                params,
              )
          : undefined;
      case "get_child_device_component_list":
        return isParent ? (params) => page(this.children.map(describe), "child_component_list", params) : undefined;
      case "control_child":
        return isParent ? (params) => this.#controlChild(params) : undefined;
      default:
        return undefined;
    }
  }

  #time(): Json {
    const { region = "Etc/UTC", time_diff = 0 } = this.info;
    return { region, time_diff, timestamp: Math.floor((Date.now() + this.#aheadMs) / 1000) };
  }

  #setTime({ timestamp, time_diff, region }: Json): undefined {
    if (!isWithin(timestamp, 0, 1e11) || !isWithin(time_diff, -720, 840)) throw new SmartError(WRONG_PARAMS);
    this.#aheadMs = timestamp * 1000 - Date.now();
    Object.assign(this.info, { time_diff, ...(typeof region === "string" ? { region } : {}) });
    return undefined;
  }

  #reported(): Json {
    if (this.staleReads === 0 || !this.#before) return { ...this.info };
    this.staleReads--;
    return this.#before;
  }

  #set(params: Json): undefined {
    const entries = Object.entries(params);
    const isValid = ([key, value]: [string, unknown]): boolean =>
      key in this.info && Object.hasOwn(SETTABLE, key) && SETTABLE[key]?.(value, this.info) === true;
    if (entries.length === 0 || !entries.every(isValid)) throw new SmartError(WRONG_PARAMS);
    this.#before = { ...this.info };
    // The white of a light hides its colour until it is told not to.
    Object.assign(this.info, params);
    return undefined;
  }

  // It stops at the first error, which is the last response.
  #carryOutAll(requests: unknown): Json {
    if (!Array.isArray(requests)) throw new SmartError(WRONG_PARAMS);
    const responses: Json[] = [];
    for (const request of requests as { method: string; params?: unknown }[]) {
      const response = this.answer(request);
      responses.push({ method: request.method, ...response });
      if (response.error_code !== 0) break;
    }
    if (this.batchFault === "answers-an-error") throw new SmartError(BATCH_FAILED);
    if (this.batchFault === "answers-nothing") return {};
    if (this.batchFault === "answers-none") return { responses: [] };
    return { responses: this.batchFault === "answers-the-first" ? responses.slice(0, 1) : responses };
  }

  #controlChild({ device_id: id, requestData }: Json): Json {
    const child = this.children.find(({ info }) => info["device_id"] === id);
    if (!child || !isRecord(requestData)) throw new SmartError(WRONG_PARAMS);
    return { responseData: child.answer(requestData as { method: string }) };
  }
}

function isInRange(value: unknown, range: unknown): boolean {
  const [lowest, highest] = Array.isArray(range) ? (range as number[]) : [0, 0];
  return isWithin(value, lowest ?? 0, highest ?? 0);
}

const toList = (components: Readonly<Record<string, number>>): Json[] =>
  Object.entries(components).map(([id, ver_code]) => ({ id, ver_code }));

const describe = ({ info, components }: SmartUnit): Json => ({
  device_id: info["device_id"],
  component_list: toList(components),
});

function page(entries: readonly Json[], name: string, { start_index: start = 0 }: Json): Json {
  if (!isWithin(start, 0, Number.MAX_SAFE_INTEGER)) throw new SmartError(WRONG_PARAMS);
  return { [name]: entries.slice(start, start + PAGE_SIZE), start_index: start, sum: entries.length };
}
