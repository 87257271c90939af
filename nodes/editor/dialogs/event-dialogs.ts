// The dialogs of the nodes that emit events: lists of what their filter may name.
import { EVENTS, THRESHOLD_SOURCES, type EventsBySource } from "../../shared/event-names";
import { fetchList, NO_CONFIG_NODE, text, valueOf } from "../core";
import { showDefaults } from "../elements";
import { addCombobox, type Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";
import { fetchDevices, isUnique } from "./kasa-lists";

type EventNodeType = "kasa-event" | "omada-event" | "router-event";

const CONFIG_NODES: Readonly<Record<EventNodeType, { type: string; field: string }>> = {
  "kasa-event": { type: "kasa-account", field: "#node-input-account" },
  "omada-event": { type: "omada-controller", field: "#node-input-controller" },
  "router-event": { type: "peplink-router", field: "#node-input-router" },
};
/** The controller's list for a source. An alert or a log entry may be about anything, so these sources have none. */
const OMADA_LISTS: Readonly<Record<string, string>> = {
  clients: "clients",
  devices: "devices",
  wan: "gateways",
  ports: "switches",
};
/** The router's list for a source. A text message comes from outside, and there is only one location. */
const ROUTER_LISTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["wan", "allowance", "cellular", "latency", "log"].map((source) => [source, "wan"])),
  clients: "clients",
  vpn: "vpn",
};
/** Sources that have no first state, and in which nothing can be confirmed. */
const LOGS = ["alerts", "events", "global", "sms", "log"];
const NO_ROWS: Rows = { rows: [] };

/** Sets up the dialog of a node that emits events. */
export function eventDialog({ type: nodeType }: { type: EventNodeType }): void {
  const { type, field } = CONFIG_NODES[nodeType];
  showDefaults("node-input", ["interval", "settle"]);
  const fetchRows = (list: string, query?: Record<string, string>): Promise<Rows> =>
    fetchList<{ rows: Row[] }>(type, valueOf(field), list, query);

  const sourceName = (): string => valueOf("#node-input-source");
  const eventNames = (): readonly string[] => (EVENTS[nodeType] as EventsBySource)[sourceName()] ?? [];

  const fetchNames = async (): Promise<Rows> => {
    const source = sourceName();
    if (nodeType === "kasa-event") return fetchDevices(valueOf(field));
    const isOmada = nodeType === "omada-event";
    const list = (isOmada ? OMADA_LISTS : ROUTER_LISTS)[source];
    if (!list) return NO_ROWS;
    return fetchRows(list, isOmada ? { site: valueOf("#node-input-site").trim() } : undefined);
  };

  const names = addCombobox({
    field: "#node-input-filter",
    multiple: true,
    fetchRows: async () => preferNames(await fetchNames()),
  });
  const events = addCombobox({
    field: "#node-input-events",
    multiple: true,
    fetchRows: async () => ({ rows: eventNames().map((value) => ({ value })) }),
  });
  const comboboxes = [names];
  if (nodeType === "omada-event")
    comboboxes.push(addCombobox({ field: "#node-input-site", fetchRows: () => fetchRows("sites") }));
  selectOnlyConfigNode(field);
  $(field).on("change", () => {
    for (const combobox of comboboxes) combobox.invalidate();
  });
  $("#node-input-source, #node-input-site").on("change", () => names.invalidate());
  const followSource = (): void => {
    events.invalidate();
    dropForeignEvents(EVENTS[nodeType], eventNames());
    $("#homenet-event-topics").text(`${text("event.topics")} ${eventNames().join(", ")}`);
    $("#node-input-threshold").closest(".form-row").toggle(THRESHOLD_SOURCES.includes(sourceName()));
    $("#node-input-settle, #node-input-initial").closest(".form-row").toggle(!LOGS.includes(sourceName()));
    // What happens to the controller itself happens at no site.
    $("#node-input-site")
      .closest(".form-row")
      .toggle(sourceName() !== "global");
  };
  $("#node-input-source").on("change", followSource);
  followSource();
}

/** Fills in the config node of a new node, where there is only one to choose from. */
function selectOnlyConfigNode(field: string): void {
  const options = $(field).find(`option:not([value="${NO_CONFIG_NODE}"])`);
  if (valueOf(field) === NO_CONFIG_NODE && options.length === 1) $(field).val(String(options.val()));
}

// Events of the source that was chosen before would never come.
function dropForeignEvents(all: EventsBySource, own: readonly string[]): void {
  const field = $("#node-input-events");
  const foreign = new Set(Object.values(all).flat());
  for (const event of own) foreign.delete(event);
  const names = valueOf(field).split(",");
  const kept = names.filter((name) => !foreign.has(name.trim().toLowerCase()));
  if (kept.length < names.length) field.val(kept.join(",").trim());
}

/** The same rows with the name as value wherever that finds the row, in quotes if it holds a comma, and the ID elsewhere. */
function preferNames(response: Rows): Rows {
  if (response.error) return response;
  const labels = response.rows.map(({ label = "" }) => label);
  const rows = response.rows.map((row) => {
    const { label = "" } = row;
    if (label === "" || label.trim() !== label || !isUnique(label, labels)) return row;
    return { ...row, value: label.includes(",") ? `"${label.replaceAll('"', '""')}"` : label };
  });
  return { rows };
}
