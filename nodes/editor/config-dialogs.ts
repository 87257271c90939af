// What the config dialogs of one platform have beside the others: a refresh token for Kasa, an API client for Peplink.
import { openConnectionDialog, type ConfigNode, type ConnectionDialog, type Obtained } from "./connection-test";
import { text, valueOf } from "./core";
import { button, configField, paragraph } from "./elements";

/** The cloud's codes for "2-Step Verification is on" (kasa.md section 0.2). */
const TWO_STEP_CODES = [-23003, -20677];

interface KasaIdentity {
  email: string;
  devices: number;
  online: number;
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
    describe: ({ email, devices, online }) => [
      [text("test.account"), email],
      [text("test.devices"), text("test.devicesOnline", { devices, online })],
    ],
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
    describe: ({ version, sites }) => [
      [text("test.version"), version],
      [text("test.sites"), sites.join("\n") || text("test.none")],
    ],
  });
}

/** Sets up the dialog of a `peplink-router`. */
export function peplinkRouterDialog(node: ConfigNode): void {
  const dialog = openConnectionDialog<PeplinkIdentity>(node, {
    describe: ({ model, name, firmware, wans }) => [
      [text("test.model"), model],
      [text("test.name"), name],
      [text("test.firmware"), firmware],
      [text("test.wans"), String(wans)],
    ],
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

function addClientForm(dialog: ConnectionDialog<PeplinkIdentity>): void {
  const toggle = button("homenet-client", "fa-id-badge", text("router.open"));
  const username = $('<input type="text" id="homenet-admin-username" autocomplete="off" />');
  const password = $('<input type="password" id="homenet-admin-password" autocomplete="new-password" />');
  const name = $('<input type="text" id="homenet-client-name" />').val("node-red");
  const scope = $('<select id="homenet-client-scope" style="width: 70%"></select>').append(
    $('<option value="api.read-only"></option>').text(text("router.scope.read")),
    $('<option value="api"></option>').text(text("router.scope.write")),
  );
  const create = button("homenet-create-client", "fa-plus", text("router.make"));
  const form = $('<div class="homenet-form"></div>').append(
    paragraph(text("router.why")),
    createRow(text("router.username"), username),
    createRow(text("router.password"), password),
    createRow(text("router.name"), name),
    createRow(text("router.may"), scope),
    createRow("", create),
  );
  toggle.on("click", () => {
    dialog.result.hide();
    form.toggle();
  });
  create.on("click", () => {
    const admin = { username: valueOf(username), password: valueOf(password) };
    // It is needed for one sign-in only, and kept nowhere.
    password.val("");
    const client = { admin, name: valueOf(name), scope: valueOf(scope) };
    dialog.perform<Obtained & { clientId: string; made: boolean }>("client", client, (response) => {
      configField("clientId").val(response.clientId).trigger("change");
      dialog.setObtained(response);
      form.hide();
      dialog.show("good", [paragraph(text(response.made ? "router.made" : "router.taken"))]);
    });
  });
  dialog.testButton.after(" ", toggle.addClass("peplink-router-client"));
  dialog.result.before(form.hide());
}

function createRow(label: string, field: JQuery): JQuery {
  return $('<div class="form-row"></div>').append($("<label></label>").text(label), " ", field);
}
