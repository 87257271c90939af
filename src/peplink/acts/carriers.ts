import { withoutSlot } from "../../core/call-context";
import { isPlainObject } from "../../core/encoding";
import { inputError, PlatformError } from "../../core/errors";
import { findByName, nameNotFound, type NamedKind } from "../../core/named";
import { toId, toNumber, toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { Fields } from "../endpoints";
import type { RouterActContext } from "./context";

/** A mobile network, as a scan lists it and a selection names it (peplink.md section 2.1). */
export interface Carrier {
  mcc: string;
  mnc: string;
  /** 1 where `mnc` has three digits in North American numbering. */
  pcs: number;
  name?: string;
}

/** A modem scans for minutes. */
const MAX_SCAN_MS = 600_000;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 10_000;

const CARRIERS: NamedKind<Carrier> = {
  one: "carrier",
  many: "carriers that the modem receives",
  id: ({ mcc, mnc }) => `${mcc}/${mnc}`,
  name: ({ name = "" }) => name,
};

/**
 * Scans for carriers, and finds one by its name. Other messages have the slot of this one meanwhile.
 * @throws `not-found`; `input` if several have the name; `timeout` if the scan does not end
 */
export async function findCarrier(context: RouterActContext, connId: number | string, name: string): Promise<Carrier> {
  const { clock, options } = context;
  await context.send({ endpoint: "cmd.carrier.scan", body: { action: "start", connId } });
  const endsAt = clock.now() + MAX_SCAN_MS;
  for (let pauseMs = FIRST_PAUSE_MS; clock.now() < endsAt; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    await withoutSlot(options, () => clock.sleep(pauseMs, options.signal));
    const scan = await context.read("cmd.carrier.scan", { connId, reference: false });
    if (!isPlainObject(scan)) throw protocolError("It is not the result of a scan for carriers.");
    if (scan["scanStatus"] === "scanning") continue;
    const carriers = parseCarriers(scan["list"]);
    const carrier = findByName(name, carriers, CARRIERS);
    if (carrier === undefined) throw nameNotFound(name, carriers, CARRIERS);
    return carrier;
  }
  const sentence =
    "The scan for carriers has not ended within ten minutes. Choose the carrier by its mcc and mnc instead.";
  throw new PlatformError("timeout", sentence, { retryable: false });
}

// A carrier stands in the list once for each technology.
function parseCarriers(list: unknown): Carrier[] {
  const carriers = new Map<string, Carrier>();
  for (const item of Array.isArray(list) ? list : []) {
    if (!isPlainObject(item)) continue;
    const { mcc, mnc, pcs, name } = item;
    const carrier = { mcc: toId(mcc), mnc: toId(mnc), pcs: toNumber(pcs) === 1 ? 1 : 0, name: toText(name) };
    carriers.set(`${carrier.mcc} ${carrier.mnc} ${carrier.pcs}`, carrier);
  }
  return [...carriers.values()];
}

/**
 * Parses the two numbers of a network.
 * @throws `input` for anything else
 */
export function parseCarrier({ mcc, mnc, pcs, name }: Fields): Carrier {
  const [country, network] = [digits(mcc, 3), digits(mnc, 2)];
  if (!/^\d{3}$/.test(country) || !/^\d{2,3}$/.test(network)) {
    throw inputError('"value" must be the name of a carrier, or its numbers: {"mcc": "262", "mnc": "02"}.');
  }
  const isThreeDigits = pcs === undefined ? network.length === 3 : toNumber(pcs) === 1;
  return { mcc: country, mnc: network, pcs: isThreeDigits ? 1 : 0, ...(typeof name === "string" && { name }) };
}

// JSON numbers lose the zeros that count.
function digits(value: unknown, length: number): string {
  if (typeof value === "number") return String(value).padStart(length, "0");
  return typeof value === "string" ? value.trim() : "";
}
