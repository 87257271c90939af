// The dialog of the webhook: the whole address, as it is entered in the controller.
import { WEBHOOK_EVENTS } from "../../shared/event-names";
import { valueOf } from "../core";
import { addCombobox } from "../lists/combobox";

/** Sets up the dialog of an `omada-webhook`. */
export function webhookDialog(): void {
  const { httpNodeRoot, omadaWebhookHttpNodeAuth } = RED.settings as unknown as Record<string, unknown>;
  const path = $("#node-input-path");
  const update = (): void => {
    // Without its own HTTP server Node-RED has no address; the node reports that.
    const root = typeof httpNodeRoot === "string" ? httpNodeRoot : "";
    const full = `/${root}/${valueOf(path).trim()}`.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
    $("#homenet-webhook-address").text(window.location.origin + full);
  };
  path.on("input change", update);
  update();
  addCombobox({
    field: "#node-input-events",
    multiple: true,
    fetchRows: async () => ({ rows: WEBHOOK_EVENTS.map((value) => ({ value })) }),
  });
  $("#homenet-webhook-auth").toggle(omadaWebhookHttpNodeAuth === true);
}
