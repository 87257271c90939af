import {
  ApiError,
  filterById,
  filterByIds,
  isTrue,
  merge,
  omit,
  parseItems,
  parseList,
  pick,
  toCollection,
  toObject,
  toSeconds,
  type Json,
} from "./json";
import type { Ssid } from "./lan";
import type { Wan } from "./wan";
import type { Endpoints, World } from "./world";

/** The configuration, and the commands that apply, discard or restore it. */
export const CONFIG: Endpoints = {
  "config.wan.connection": { GET: showWans, POST: changeWans },
  "config.wan.connection.priority": { GET: (world) => showPriorities(world, world.wans), POST: changePriorities },
  "config.ssid.profile": { GET: (world, { id }) => showSsids(world, filterByIds(world.ssids, id)), POST: changeSsid },

  "cmd.config.apply": { POST: applyPendingChanges },
  "cmd.config.discard": { POST: (world) => void (world.pendingChanges = []) },
  "cmd.config.restore": { POST: restore },
};

const WAN_SETTINGS = ["name", "enable", "schedule", "asLan", "multipleIp", "connection", "healthcheck", "cellular"];
const SSID_SETTINGS = ["name", "enable", "frequency", "vlanId", "broadcast", "security"];
const HIDDEN = "@~HiDdEn~@";

function showWans(world: World, { id, infoType }: Json): Json {
  const types = parseList(infoType);
  const omitted = ["connection", "healthcheck", "cellular"].filter((section) => types && !types.includes(section));
  return toCollection(filterByIds(world.wans, id), (wan) => {
    const config = hideSecrets(world.savedConfig("config.wan", wan.id, wan.config()));
    return omit(config, omitted);
  });
}

/** The router hides some secrets, such as the password of dynamic DNS, but not that of an access point. */
function hideSecrets(config: Json): Json {
  const { ddns } = toObject(config["connection"]);
  return ddns ? merge(config, { connection: { ddns: { password: HIDDEN } } }) : config;
}

function changeWans(world: World, { action, list }: Json): Json {
  if (action !== "update") throw new ApiError("unsupported action");
  // An item without a valid `id` and unknown settings are ignored silently.
  const changes = parseItems(list).flatMap((item) => {
    const patch = pick(item, WAN_SETTINGS);
    const wans = Object.keys(patch).length > 0 ? filterById(world.wans, item["id"]) : [];
    return wans.map(({ id }) => ({ endpoint: "config.wan.connection", id, patch }));
  });
  world.pendingChanges.push(...changes);
  return showWans(world, { id: changes.map(({ id }) => id).join(" ") });
}

function changePriorities(world: World, { instantActive, list }: Json): Json {
  const changes = parseItems(list).flatMap(({ connId, priority, group, enable }) => {
    const connection = { ...(priority !== undefined && { priority }), ...(group !== undefined && { group }) };
    const patch = { connection, ...(enable !== undefined && { enable }) };
    return filterById(world.wans, connId).map(({ id }) => ({ endpoint: "config.wan.connection.priority", id, patch }));
  });
  if (isTrue(instantActive)) for (const change of changes) world.apply(change);
  else world.pendingChanges.push(...changes);
  return showPriorities(
    world,
    world.wans.filter((wan) => changes.some(({ id }) => id === wan.id)),
  );
}

function showPriorities(world: World, wans: Wan[]): Json {
  return toCollection(wans, (wan) => {
    const { name, enable, connection } = world.savedConfig("config.wan", wan.id, wan.config());
    const { priority, group } = toObject(connection);
    return { name, priority, group, enable };
  });
}

function showSsids(world: World, ssids: Ssid[]): Json {
  return toCollection(ssids, ({ id, ...ssid }) => world.savedConfig("config.ssid", id, ssid));
}

/** Takes one network with its `id` at the top: the only change without a list. */
function changeSsid(world: World, { action, id: ssidId, ...settings }: Json): Json {
  if (action !== "update") throw new ApiError("unsupported action");
  const ssids = filterById(world.ssids, ssidId);
  if (ssids.length === 0) throw new ApiError("Invalid id");
  const patch = pick(settings, SSID_SETTINGS);
  for (const { id } of ssids) world.pendingChanges.push({ endpoint: "config.ssid.profile", id, patch });
  return showSsids(world, ssids);
}

function applyPendingChanges(world: World): void {
  for (const change of world.pendingChanges) world.apply(change);
  world.pendingChanges = [];
  world.appliedCount++;
}

/** The timestamp prevents a replayed or mistyped request from wiping the router; its maximum age is not documented. */
function restore(world: World, { timestamp }: Json): void {
  const ageS = toSeconds(world.now()) - Number(timestamp ?? Number.NaN);
  if (!(Math.abs(ageS) <= 60)) throw new ApiError("Invalid timestamp");
  world.restore();
}
