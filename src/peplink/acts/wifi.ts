import { switchValue } from "../../acts/values";
import { isPlainObject } from "../../core/encoding";
import { PlatformError } from "../../core/errors";
import { toFlag } from "../collections";
import type { Fields } from "../endpoints";
import type { RouterAct, RouterDoor } from "./door";
import { fieldsOf, ssidTarget, type Entry } from "./targets";

const wifiEnable: RouterAct<undefined, boolean> = {
  value: switchValue,
  since: "firmware 7.0.2 or later, on a model with Wi-Fi",
  async requests(door, _target, enable) {
    if (toFlag((await fetchAccessPoint(door))["support"]) !== false) return [{ endpoint: "cmd.ap", body: { enable } }];
    throw new PlatformError("unsupported", "This router says that it has no access point.");
  },
  read: async (door) => toFlag((await fetchAccessPoint(door))["enable"]),
};

const ssidEnable: RouterAct<Entry, boolean> = {
  target: ssidTarget,
  value: switchValue,
  since: "firmware 7.1.1 or later, on a model with Wi-Fi",
  requests: (_door, { id }, enable) => [
    { endpoint: "config.ssid.profile", body: { action: "update", id, enable } },
    { endpoint: "cmd.config.apply" },
  ],
  read: async (door, { id }) => {
    const { enable } = fieldsOf(await door.read("config.ssid.profile", { id: [id] }), id);
    return toFlag(enable);
  },
};

export const WIFI_ACTS = { "wifi-enable": wifiEnable, "ssid-enable": ssidEnable };

async function fetchAccessPoint(door: RouterDoor): Promise<Fields> {
  const response = await door.read("cmd.ap");
  return isPlainObject(response) ? response : {};
}
