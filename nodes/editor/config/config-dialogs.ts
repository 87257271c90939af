// What the config dialogs of one platform have beside the others: a refresh token for Kasa, an API client for Peplink.
import { text, valueOf } from "../core";
import { button, configField, paragraph } from "../elements";
import { addClientForm } from "./api-clients";
import { openConnectionDialog, type ConfigNode, type ConnectionDialog, type Obtained } from "./connection-test";

/** The cloud's codes for "2-Step Verification is on" (kasa.md section 0.2). */
const TWO_STEP_CODES = [-23003, -20677];

interface KasaIdentity {
  email: string;
  devices: number;
  online: number;
  /** How many are reached on the local network; left out where it is not looked for them. */
  local?: number;
  cloudOnly?: number;
  /** How many accept nobody but TP-Link's own app. */
  refusing?: number;
}

interface OmadaIdentity {
  version: string;
  sites: string[];
}

interface PeplinkIdentity {
  model: string;
  name: string;
  firmware: string;
  wans: number;
}

/** Sets up the dialog of a `kasa-account`. */
export function kasaAccountDialog(node: ConfigNode & { reach?: string }): void {
  // An older flow has none, and its devices are reached through the cloud.
  if (node.reach === undefined) $("#node-config-input-reach").val("cloud");
  openConnectionDialog<KasaIdentity>(node, {
    describe: ({ email = "", devices, online = 0, local, cloudOnly = 0, refusing = 0 }) => [
      [text("test.account"), email],
      [text("test.devices"), devices === undefined ? "" : text("test.devicesOnline", { devices, online })],
      [text("test.reach"), local === undefined ? "" : text("test.reachedBy", { local, cloudOnly })],
      ["", local === 0 ? text("test.noneLocal") : ""],
      ["", refusing > 0 ? text("test.refusing", { refusing }) : ""],
    ],
    nameOf: ({ email }) => (email ? `Kasa ${email}` : ""),
    onResult(dialog, { error }) {
      const signedInByPassword = !error && dialog.valueOf("password") && !dialog.valueOf("refreshToken");
      if (error?.vendorCode !== undefined && TWO_STEP_CODES.includes(error.vendorCode))
        dialog.result.append(...createTwoStepAdvice(), createObtainButton(dialog));
      else if (signedInByPassword) dialog.result.append(paragraph(text("kasa.offer")), createObtainButton(dialog));
    },
  });
}

function createTwoStepAdvice(): JQuery[] {
  const steps = $("<ol></ol>");
  for (const step of ["off", "obtain", "on"]) steps.append($("<li></li>").text(text(`kasa.step.${step}`)));
  return [paragraph(text("kasa.twoStep")), steps];
}

function createObtainButton(dialog: ConnectionDialog<KasaIdentity>): JQuery {
  const obtain = button("homenet-refresh-token", "fa-refresh", text("kasa.obtain"));
  return obtain.on("click", () =>
    dialog.perform<Obtained>("refreshToken", {}, (response) => {
      dialog.setObtained(response);
      const remove = button("homenet-forget-password", "fa-trash", text("kasa.forget"));
      remove.on("click", () => {
        configField("password").val("").trigger("change");
        remove.replaceWith(paragraph(text("kasa.forgotten")));
      });
      dialog.show("good", [paragraph(text("kasa.obtained")), remove]);
    }),
  );
}

/** Sets up the dialog of an `omada-controller`. */
export function omadaControllerDialog(node: ConfigNode): void {
  setUpMode((mode) => $(".omada-controller-code").toggle(mode === "code"));
  openConnectionDialog<OmadaIdentity>(node, {
    describe: ({ version = "", sites }) => [
      [text("test.version"), version],
      [text("test.sites"), sites === undefined ? "" : sites.join("\n") || text("test.none")],
    ],
    nameOf: ({ sites: [site = "", ...others] }) => (others.length === 0 && site ? `Omada ${site}` : ""),
  });
}

/** Sets up the dialog of a `peplink-router`. */
export function peplinkRouterDialog(node: ConfigNode): void {
  const dialog = openConnectionDialog<PeplinkIdentity>(node, {
    describe: ({ model = "", name = "", firmware = "", wans }) => [
      [text("test.model"), model],
      [text("test.name"), name],
      [text("test.firmware"), firmware],
      [text("test.wans"), String(wans ?? "")],
    ],
    nameOf: ({ name, model }) => name || model,
  });
  addClientForm(dialog);
  setUpMode((mode) => {
    $(".peplink-router-user").toggle(mode === "user");
    $(".peplink-router-client").toggle(mode !== "user");
  });
}

// Flows that were saved before there was a mode have none.
function setUpMode(show: (mode: string) => void): void {
  const mode = configField("mode");
  if (!mode.val()) mode.val("client");
  mode.on("change", () => show(valueOf(mode)));
  show(valueOf(mode));
}
