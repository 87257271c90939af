import { ApiError, toObject, toSeconds, type Json } from "./json";
import type { Wan } from "./wan";
import { findWan, type Endpoints, type World } from "./world";

/** The commands of cellular links. */
export const CELLULAR: Endpoints = {
  "cmd.cellularModule.reset": { POST: (world, args) => resetModule(findWan(world, args, "cellular")) },
  "cmd.carrier.scan": { GET: listCarriers, POST: scanCarriers },
  "cmd.carrier.select": { POST: selectCarrier },
  "cmd.wan.cellular": { GET: showSims, POST: changeSims },
};

/** The firmware from which `cmd.wan.cellular` has a priority, and can no longer be read (peplink.md section 2.1). */
const SIM_PRIORITY_SINCE = "8.3.0";
const SIMS = ["1", "2", "remoteSim", "fusionSim", "speedfusionConnect5gLte", "eSim1"];

function resetModule(wan: Wan): void {
  wan.moduleResets++;
  wan.activeSince = undefined;
}

function scanCarriers(world: World, args: Json): Json {
  if (args["action"] !== "start") throw new ApiError("unsupported action");
  findWan(world, args, "cellular");
  world.carrierScanStarted = world.now();
  return { scanStatus: "scanning", timestamp: toSeconds(world.now()), list: [] };
}

/** The list of the last scan, in which a carrier stands once for each technology. */
function listCarriers(world: World, args: Json): Json {
  if (!["yes", "no"].includes(String(args["reference"]))) throw new ApiError("Missing reference");
  findWan(world, args, "cellular");
  const startedAt = world.carrierScanStarted;
  if (startedAt === undefined) return { scanStatus: "done", list: [] };
  const isDone = world.now() - startedAt >= world.carrierScanMs;
  const list = isDone ? world.carriers.map((carrier) => ({ ...carrier })) : [];
  return { scanStatus: isDone ? "done" : "scanning", timestamp: toSeconds(startedAt), list };
}

/** A modem that is told to use a carrier that it does not receive has no connection. */
function selectCarrier(world: World, args: Json): void {
  const wan = findWan(world, args, "cellular");
  const { mcc, mnc, pcs } = toObject(args["selectedCarrier"]);
  if (!/^\d{3}$/.test(String(mcc)) || !/^\d{1,3}$/.test(String(mnc)) || (pcs !== 0 && pcs !== 1)) {
    throw new ApiError("Invalid selectedCarrier");
  }
  const carrier = world.carriers.find((one) => one.mcc === mcc && Number(one.mnc) === Number(mnc) && one.pcs === pcs);
  world.takeEffect(() => {
    if (!carrier) return wan.takeDown("Searching for Network", "yellow");
    wan.carrier = carrier;
    wan.bringUp();
  });
}

function showSims(world: World, args: Json): Json {
  if (!world.isOlderThan(SIM_PRIORITY_SINCE)) throw new ApiError("Unsupported request");
  const { simPriority } = findWan(world, args, "cellular");
  const enabledSim = simPriority.map(Number).toSorted();
  return { enabledSim, preferredSim: Number(simPriority[0]) };
}

function changeSims(world: World, args: Json): void {
  const wan = findWan(world, args, "cellular");
  const sims = world.isOlderThan(SIM_PRIORITY_SINCE) ? parsePreferredSim(args, wan) : parseSimPriority(args);
  if (sims.some((sim) => !SIMS.includes(sim))) throw new ApiError("Invalid SIM");
  world.takeEffect(() => wan.useSims(sims));
}

/** A parameter of later firmware is ignored silently. */
function parsePreferredSim({ enabledSim, preferredSim }: Json, wan: Wan): string[] {
  const enabled = Array.isArray(enabledSim) ? enabledSim.map(String) : wan.simPriority;
  const preferred = typeof preferredSim === "number" ? String(preferredSim) : wan.simPriority[0];
  return enabled.toSorted((one, other) => Number(other === preferred) - Number(one === preferred));
}

function parseSimPriority({ simPriority }: Json): string[] {
  if (!Array.isArray(simPriority) || simPriority.length === 0) throw new ApiError("Missing simPriority");
  return simPriority.map(String);
}
