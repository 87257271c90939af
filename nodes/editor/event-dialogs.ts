// The dialogs of the nodes that emit events: lists of what their filter may name.
import { addCombobox, type Rows } from "./combobox";
import { fetchList, valueOf } from "./core";
import { fetchDevices, isUsableName } from "./kasa-lists";
import type { Row } from "./listbox";

type EventNodeType = "kasa-event" | "omada-event" | "router-event";

const CONFIG_NODES: Readonly<Record<EventNodeType, { type: string; field: string }>> = {
  "kasa-event": { type: "kasa-account", field: "#node-input-account" },
  "omada-event": { type: "omada-controller", field: "#node-input-controller" },
  "router-event": { type: "peplink-router", field: "#node-input-router" },
};
/** The controller's list for a source. An alert or a log entry may be about anything, so these sources have none. */
const OMADA_LISTS: Readonly<Record<string, string>> = { clients: "clients", devices: "devices", wan: "gateways" };
const NO_ROWS: Rows = { rows: [] };

/** Sets up the dialog of a node that emits events. */
export function eventDialog({ type: nodeType }: { type: EventNodeType }): void {
  const { type, field } = CONFIG_NODES[nodeType];
  const fetchRows = (list: string, query?: Record<string, string>): Promise<Rows> =>
    fetchList<{ rows: Row[] }>(type, valueOf(field), list, query);

  const fetchNames = async (): Promise<Rows> => {
    const source = valueOf("#node-input-source");
    if (nodeType === "kasa-event") return fetchDevices(valueOf(field));
    if (nodeType === "router-event") return source === "location" ? NO_ROWS : fetchRows(source);
    const list = OMADA_LISTS[source];
    return list ? fetchRows(list, { site: valueOf("#node-input-site").trim() }) : NO_ROWS;
  };

  const names = addCombobox({
    field: "#node-input-filter",
    multiple: true,
    fetchRows: async () => preferNames(await fetchNames()),
  });
  const comboboxes = [names];
  if (nodeType === "omada-event") {
    comboboxes.push(addCombobox({ field: "#node-input-site", fetchRows: () => fetchRows("sites") }));
    hideForLogs();
  }
  $(field).on("change", () => {
    for (const combobox of comboboxes) combobox.invalidate();
  });
  $("#node-input-source, #node-input-site").on("change", () => names.invalidate());
}

// A log has no first state, and nothing in it can settle.
function hideForLogs(): void {
  const source = $("#node-input-source");
  const update = (): void => {
    const isLog = ["alerts", "events"].includes(valueOf(source));
    $("#node-input-settle, #node-input-initial").closest(".form-row").toggle(!isLog);
  };
  source.on("change", update);
  update();
}

/** The same rows with the name as value wherever that finds the row, and the ID elsewhere. */
function preferNames(response: Rows): Rows {
  if (response.error) return response;
  const labels = response.rows.map(({ label = "" }) => label);
  const rows = response.rows.map((row) =>
    row.label && isUsableName(row.label, labels) ? { ...row, value: row.label } : row,
  );
  return { rows };
}
