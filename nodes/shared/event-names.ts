/**
 * The events of each source, by the type of the trigger node. The runtime checks the names in `events` against them, and
 * the dialogs list them.
 */
export const EVENTS = {
  "kasa-event": {
    devices: ["on", "off", "online", "offline", "changed", "sensor", "low-battery"],
  },
  "omada-event": {
    clients: ["client-connected", "client-disconnected", "client-roamed"],
    devices: ["device-connected", "device-disconnected"],
    wan: ["wan-up", "wan-down"],
    ports: ["port-up", "port-down", "poe-on", "poe-off"],
    vpn: ["vpn-up", "vpn-down"],
    alerts: ["alert"],
    events: ["log"],
    global: ["alert", "log"],
  },
  "router-event": {
    wan: ["wan-up", "wan-down", "wan-standby", "wan-active-changed"],
    clients: ["client-connected", "client-disconnected"],
    vpn: ["vpn-up", "vpn-down"],
    location: ["moved"],
    speed: ["moved"],
    allowance: ["allowance-crossed"],
    cellular: ["carrier-changed", "sim-changed", "roaming-changed", "signal-low", "signal-ok"],
    latency: ["latency-high", "latency-ok"],
    sms: ["sms-received"],
    log: ["log"],
  },
} as const satisfies Readonly<Record<string, EventsBySource>>;

const { clients, devices, wan, vpn } = EVENTS["omada-event"];
/** What the text that a controller posts to `omada-webhook` may say. */
export const WEBHOOK_EVENTS: readonly string[] = [...clients, ...devices, ...wan, ...vpn];

/** The events that a node of one type can send, by its source. */
export type EventsBySource = Readonly<Record<string, readonly string[]>>;

/** Sources that compare with the node's `threshold`. */
export const THRESHOLD_SOURCES: readonly string[] = ["latency"];
