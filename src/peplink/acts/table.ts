import type { Act } from "../../acts/act";
import { noValue, switchValue } from "../../acts/values";
import { PlatformError } from "../../core/errors";
import { CELLULAR_ACTS } from "./cellular";
import { RouterActContext, type RouterAct, type RouterRequest } from "./context";
import { portTarget, type PortTarget } from "./targets";
import { WAN_ACTS } from "./wans";
import { WIFI_ACTS } from "./wifi";

/** Power over Ethernet: nothing documented switches a port itself (peplink.md section 2.1). */
const portEnable: RouterAct<PortTarget, boolean> = {
  target: portTarget,
  value: switchValue,
  since: "firmware 8.1.1 or later (8.5.2 to name a port), and a port with PoE",
  requests: (_context, port, enable) => [{ endpoint: `cmd.port.poe.${enable ? "enable" : "disable"}`, body: { port } }],
};

const speedfusionEnable: RouterAct<undefined, boolean> = {
  value: switchValue,
  requests() {
    throw new PlatformError(
      "unsupported",
      "No firmware up to 8.5.2 has a documented operation that switches a SpeedFusion profile. " +
        "The undocumented endpoint config.pepvpn.profile is there for those who want to try it.",
    );
  },
};

const gpsRead: RouterAct = {
  value: noValue,
  since: "firmware 8.0.1 or later",
  requests: () => [{ method: "GET", endpoint: "info.location" }],
};

const reboot: RouterAct = {
  value: noValue,
  confirm: "restart the router, and cut off everything behind it meanwhile",
  since: "firmware 8.2.0 or later",
  requests: () => [{ endpoint: "cmd.system.reboot" }],
};

/** What can be done to a router by name. */
export const ACTS: Readonly<Record<string, Act<RouterActContext, RouterRequest>>> = {
  ...WAN_ACTS,
  ...CELLULAR_ACTS,
  ...WIFI_ACTS,
  "port-enable": portEnable,
  "speedfusion-enable": speedfusionEnable,
  "gps-read": gpsRead,
  reboot,
};
