import { switchValue } from "../../acts/values";
import { isPlainObject } from "../../core/encoding";
import { PlatformError } from "../../core/errors";
import { toFlag } from "../collections";
import { CHANGE_AND_APPLY, type Fields } from "../endpoints";
import type { RouterAct, RouterActContext } from "./context";
import { fieldsOf, ssidTarget, type Entry } from "./targets";

const wifiEnable: RouterAct<undefined, boolean> = {
  value: switchValue,
  since: "firmware 7.0.2 or later, on a model with Wi-Fi",
  async requests(context, _target, enable) {
    if (toFlag((await fetchAccessPoint(context))["support"]) !== false)
      return [{ endpoint: "cmd.ap", body: { enable } }];
    throw new PlatformError("unsupported", "This router says that it has no access point.");
  },
  read: async (context) => toFlag((await fetchAccessPoint(context))["enable"]),
};

const ssidEnable: RouterAct<Entry, boolean> = {
  target: ssidTarget,
  value: switchValue,
  lockKey: CHANGE_AND_APPLY,
  since: "firmware 7.1.1 or later, on a model with Wi-Fi",
  requests: (_context, { id }, enable) => [
    { endpoint: "config.ssid.profile", body: { action: "update", id, enable } },
    { endpoint: "cmd.config.apply" },
  ],
  read: async (context, { id }) => {
    const { enable } = fieldsOf(await context.read("config.ssid.profile", { id: [id] }), id);
    return toFlag(enable);
  },
};

export const WIFI_ACTS = { "wifi-enable": wifiEnable, "ssid-enable": ssidEnable };

async function fetchAccessPoint(context: RouterActContext): Promise<Fields> {
  const response = await context.read("cmd.ap");
  return isPlainObject(response) ? response : {};
}
