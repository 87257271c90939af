import {
  chosen,
  collection,
  isTrue,
  items,
  listed,
  merge,
  named,
  object,
  only,
  Refusal,
  seconds,
  without,
  type Json,
} from "./json";
import type { Ssid } from "./lan";
import type { Wan } from "./wan";
import type { Endpoints, World } from "./world";

/** Its configuration, and how a change of it is put in force, dropped, or undone. */
export const CONFIG: Endpoints = {
  "config.wan.connection": { GET: wanConfig, POST: changeWans },
  "config.wan.connection.priority": { GET: (world) => priorities(world, world.wans), POST: changePriorities },
  "config.ssid.profile": { GET: (world, { id }) => ssidConfig(world, chosen(world.ssids, id)), POST: changeSsid },

  "cmd.config.apply": { POST: applyPending },
  "cmd.config.discard": { POST: (world) => void (world.pending = []) },
  "cmd.config.restore": { POST: restore },
};

const WAN_SETTINGS = ["name", "enable", "schedule", "asLan", "multipleIp", "connection", "healthcheck", "cellular"];
const SSID_SETTINGS = ["name", "enable", "frequency", "vlanId", "broadcast", "security"];
const HIDDEN = "@~HiDdEn~@";

function wanConfig(world: World, { id, infoType }: Json): Json {
  const kinds = listed(infoType);
  const sections = ["connection", "healthcheck", "cellular"].filter((section) => kinds && !kinds.includes(section));
  return collection(chosen(world.wans, id), (wan) => {
    const config = hidden(world.saved("config.wan", wan.id, wan.config()));
    return without(config, sections);
  });
}

/** The router hides some of its secrets, not all: the password of dynamic DNS, but not that of an access point. */
function hidden(config: Json): Json {
  const { ddns } = object(config["connection"]);
  return ddns ? merge(config, { connection: { ddns: { password: HIDDEN } } }) : config;
}

function changeWans(world: World, { action, list }: Json): Json {
  if (action !== "update") throw new Refusal("unsupported action");
  // An item without `id` is nobody's, and a name that is not a setting is dropped, both without a word.
  const changes = items(list).flatMap((item) => {
    const patch = only(item, WAN_SETTINGS);
    const meant = Object.keys(patch).length > 0 ? named(world.wans, item["id"]) : [];
    return meant.map(({ id }) => ({ endpoint: "config.wan.connection", id, patch }));
  });
  world.pending.push(...changes);
  return wanConfig(world, { id: changes.map(({ id }) => id).join(" ") });
}

function changePriorities(world: World, { instantActive, list }: Json): Json {
  const changes = items(list).flatMap(({ connId, priority, group, enable }) => {
    const connection = { ...(priority !== undefined && { priority }), ...(group !== undefined && { group }) };
    const patch = { connection, ...(enable !== undefined && { enable }) };
    return named(world.wans, connId).map(({ id }) => ({ endpoint: "config.wan.connection.priority", id, patch }));
  });
  if (isTrue(instantActive)) for (const change of changes) world.enforce(change);
  else world.pending.push(...changes);
  return priorities(
    world,
    world.wans.filter((wan) => changes.some(({ id }) => id === wan.id)),
  );
}

function priorities(world: World, wans: Wan[]): Json {
  return collection(wans, (wan) => {
    const { name, enable, connection } = world.saved("config.wan", wan.id, wan.config());
    const { priority, group } = object(connection);
    return { name, priority, group, enable };
  });
}

function ssidConfig(world: World, ssids: Ssid[]): Json {
  return collection(ssids, ({ id, ...ssid }) => world.saved("config.ssid", id, ssid));
}

/** One network at a time, its `id` at the top: the only change that takes no list. */
function changeSsid(world: World, { action, id, ...settings }: Json): Json {
  if (action !== "update") throw new Refusal("unsupported action");
  const meant = named(world.ssids, id);
  if (meant.length === 0) throw new Refusal("Invalid id");
  const patch = only(settings, SSID_SETTINGS);
  for (const { id } of meant) world.pending.push({ endpoint: "config.ssid.profile", id, patch });
  return ssidConfig(world, meant);
}

function applyPending(world: World): void {
  for (const change of world.pending) world.enforce(change);
  world.pending = [];
  world.applied++;
}

/** The time keeps a replayed or mistyped request from wiping the router; how old it may be is not documented. */
function restore(world: World, { timestamp }: Json): void {
  const age = seconds(world.now()) - Number(timestamp ?? Number.NaN);
  if (!(Math.abs(age) <= 60)) throw new Refusal("Invalid timestamp");
  world.restore();
}
