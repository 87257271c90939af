import { isPlatformError } from "../../../core/errors";
import { parseAs } from "../../../http/response";
import { failFastArray } from "../../array-schemas";
import type { Send } from "../device-protocol";
import { SmartInfo } from "./smart-info";
import { fetchSmartList, sendSmartRequest } from "./smart-request";
import { isButton } from "./smart-sensor";

const Children = failFastArray(SmartInfo);

/** More than anybody presses between two polls. */
const MAX_LOGS = 10;
/** As many devices as a hub takes (kasa-local.md section 8). */
const MAX_BUTTONS = 64;

/**
 * Fetches the outlets of a strip, or what is connected to a hub.
 * @param info of the device; one that is neither on nor off is made of others. Sensors that are asked themselves have none
 * @param last as they were before
 */
export async function fetchChildren(
  { device_on }: SmartInfo,
  send: Send,
  last: readonly SmartInfo[] = [],
): Promise<SmartInfo[]> {
  if (device_on !== undefined) return [];
  try {
    const children = parseAs(Children, await fetchSmartList("get_child_device_list", "child_device_list", send));
    return await withLogs(children, send, last);
  } catch (error) {
    // Only the device itself knows that it has none.
    if (isPlatformError(error, "unsupported") && error.details.vendorCode !== undefined) return [];
    throw error;
  }
}

// One that the hub does not hear at present must not hide the other sensors. What was pressed before stays known, so that
// what is pressed meanwhile is seen as new.
async function withLogs(children: SmartInfo[], send: Send, last: readonly SmartInfo[]): Promise<SmartInfo[]> {
  const lastLogs = new Map(last.map(({ device_id, logs }) => [device_id, logs]));
  for (const button of children.filter(isButton).slice(0, MAX_BUTTONS)) {
    button.logs = lastLogs.get(button.device_id);
    try {
      const request = { method: "get_trigger_logs", params: { start_id: 0, page_size: MAX_LOGS } };
      const { logs } = await sendSmartRequest(request, "read", send, button.device_id);
      if (Array.isArray(logs)) button.logs = logs.slice(0, MAX_LOGS);
    } catch (error) {
      if (!isPlatformError(error, "unsupported", "input", "rejected", "busy", "offline")) throw error;
    }
  }
  return children;
}
