// The dialogs of all config nodes: the connection test, and what it offers next.
import {
  NO_CONFIG_NODE,
  request,
  sentenceFor,
  text,
  valueOf,
  type Certificate,
  type Failure,
  type RuntimeResponse,
} from "../core";
import { button, configField, definitionList, paragraph, showDefaults } from "../elements";
import { addCombobox, type Rows } from "../lists/combobox";
import { diagnosticsButton } from "./diagnostics";
import { setOpenDialog } from "./open-dialog";
import { rememberTicket, SECRET_PLACEHOLDER } from "./unsaved-config";

/** A config node, as Node-RED's editor hands it to its dialog. */
export interface ConfigNode {
  id: string;
  type: string;
  /** The flow or subflow that it belongs to; none for one of all flows. */
  z?: string;
}

/** Secrets that the runtime holds for a dialog: it never sees them, only which fields they are for. */
export interface Obtained {
  ticket: string;
  obtained: string[];
}

type TestResponse<Identity> = { who: Identity } & Partial<Obtained>;
/** What can be seen without credentials, and what has to be entered next. */
type LookResponse<Identity> = { found: Partial<Identity>; next: string };

interface ConnectionDialogOptions<Identity> {
  /** Labels and values of what the platform says about itself; blank values are left out. */
  describe: (identity: Partial<Identity>) => [label: string, value: string][];
  /** A name for a new config node; blank where the platform has none. */
  nameOf: (identity: Identity) => string;
  /** Called after each test, and may add to the result that is shown. */
  onResult?: (dialog: ConnectionDialog<Identity>, response: RuntimeResponse<object>) => void;
}

/** The dialog of one config node, while it is open. */
export class ConnectionDialog<Identity> {
  /** Where the result of a test is shown. */
  readonly result = $('<div id="homenet-test-result" role="status" aria-live="polite" tabindex="-1"></div>').hide();
  readonly testButton = button("homenet-test", "fa-plug", text("test.button"));
  readonly #node: ConfigNode;
  readonly #options: ConnectionDialogOptions<Identity>;
  readonly #container: JQuery;
  #obtained: Obtained = { ticket: "", obtained: [] };

  constructor(node: ConfigNode, options: ConnectionDialogOptions<Identity>) {
    this.#node = node;
    this.#options = options;
    this.testButton.on("click", () => this.#test());
    const place = $(".homenet-connection");
    // The button is aligned with the fields, however wide the labels of this dialog are.
    const label = $("<label></label>").width(place.siblings(".form-row").find("label").width() ?? "");
    // The space is as wide as the one between the label and the field of the other rows.
    const row = $('<div class="form-row"></div>').append(label, " ", this.testButton);
    this.#container = place.empty().append(row, this.result);
    setOpenDialog(node.id, place[0]);
    showDefaults("node-config-input", ["timeout", "concurrency", "queue"]);
    addCombobox({ field: "#node-config-input-store", fetchRows: fetchStores });
    $(".homenet-advanced").append(diagnosticsButton(node.type, node.id));
    // Node-RED marks what is wrong once the dialog is set up: that must not hide in a closed section.
    setTimeout(() => $(".homenet-advanced:has(.input-error)").prop("open", true), 0);
  }

  /** What a field holds at present, saved or not. */
  valueOf(name: string): string {
    const value = valueOf(configField(name));
    return value === NO_CONFIG_NODE ? "" : value;
  }

  /**
   * Has the runtime do something with what is in the fields, and shows what came of it.
   * @param more what it needs beside the fields
   */
  perform<T extends object>(action: string, more: object, onSuccess: (response: T) => void): void {
    const focused = document.activeElement;
    const buttons = this.#container.find("button").prop("disabled", true);
    const spinner = $('<i class="fa fa-circle-o-notch fa-spin"></i>');
    this.show("busy", [spinner, " ", $("<span></span>").text(text("test.busy"))]);
    const onResponse = (response: RuntimeResponse<T>): void => {
      buttons.prop("disabled", false);
      if (response.error) this.#showFailure(response, () => this.perform(action, more, onSuccess));
      else onSuccess(response);
      this.#restoreFocus(focused);
    };
    request<T>(`${this.#node.type}/${action}`, { ...this.#input(), ...more })
      .then(onResponse)
      .catch(reportError);
  }

  // A button that is disabled or removed loses the focus; whoever uses the keyboard goes on where they were.
  #restoreFocus(focused: Element | null): void {
    if (document.activeElement !== document.body) return;
    const isThere = focused instanceof HTMLElement && focused.checkVisibility();
    (isThere ? focused : this.result[0])?.focus({ preventScroll: true });
  }

  show(state: "good" | "bad" | "busy", content: (JQuery | string)[]): void {
    this.result.removeClass("homenet-good homenet-bad homenet-busy").addClass(`homenet-${state}`);
    this.result
      .empty()
      .append(...content)
      .show();
    this.result[0]?.scrollIntoView({ block: "nearest" });
  }

  /** Puts placeholders for obtained secrets into their fields. */
  setObtained(obtained: Obtained): void {
    this.#obtained = obtained;
    for (const name of obtained.obtained) configField(name).val(SECRET_PLACEHOLDER).trigger("change");
  }

  /**
   * Saves what was obtained, on "Add" or "Update".
   * @returns whether there was anything; Node-RED cannot tell by the placeholder that the node has changed
   */
  save(): boolean {
    setOpenDialog("", undefined);
    const { ticket, obtained } = this.#obtained;
    const changed = obtained.some((name) => this.valueOf(name) === SECRET_PLACEHOLDER);
    if (changed) {
      rememberTicket(this.#node.id, ticket);
      this.#keepObtained().catch(reportError);
    }
    return changed;
  }

  #test(): void {
    this.perform<TestResponse<Identity> | LookResponse<Identity>>("test", {}, (response) => {
      if ("next" in response) return this.#showFound(response);
      const { who, ticket, obtained = [] } = response;
      if (ticket) this.setObtained({ ticket, obtained });
      this.show("good", [$("<strong></strong>").text(text("test.good")), this.#describe(who)]);
      this.#suggestName(this.#options.nameOf(who));
      this.#options.onResult?.(this, response);
    });
  }

  // The server is there, and trusted; what is missing is somebody to sign in as.
  #showFound({ found, next }: LookResponse<Identity>): void {
    const title = $("<strong></strong>").text(text("test.reached"));
    this.show("good", [title, this.#describe(found), paragraph(sentenceFor({ code: "config", message: next }))]);
  }

  #describe(identity: Partial<Identity>): JQuery {
    return definitionList(this.#options.describe(identity).filter(([, value]) => value !== ""));
  }

  // A config node that is saved already keeps the name that it has, also if that is none.
  #suggestName(name: string): void {
    if (name && this.valueOf("name") === "" && !RED.nodes.node(this.#node.id)) configField("name").val(name);
  }

  #input(): object {
    const valuesOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, this.valueOf(name)]));
    const { defaults, credentials } = RED.nodes.getType(this.#node.type);
    const settings = valuesOf(Object.keys(defaults).filter((name) => name !== "name"));
    return {
      id: this.#node.id,
      z: this.#node.z ?? "",
      ticket: this.#obtained.ticket,
      settings: { ...settings, allowHttp: configField("allowHttp").prop("checked") === true },
      credentials: valuesOf(Object.keys(credentials)),
    };
  }

  async #keepObtained(): Promise<void> {
    const { id, type } = this.#node;
    const { error } = await request(`${type}/keep`, { id, ticket: this.#obtained.ticket });
    if (error) RED.notify($("<span></span>").text(error.message), { type: "error" });
  }

  #showFailure(failure: Failure, retry: () => void): void {
    const { error, certificate } = failure;
    const message = $("<div></div>").append(
      $("<span></span>").text(error.message),
      " ",
      $('<span class="homenet-code"></span>').text(`(${error.code})`),
    );
    this.show("bad", [message, ...(certificate ? createPinOffer(certificate, retry) : [])]);
    this.#options.onResult?.(this, failure);
  }
}

// A certificate that failed is shown; pinning it tries the same again.
function createPinOffer(certificate: Certificate, retry: () => void): JQuery[] {
  const { subject, issuer, validFrom, validTo, fingerprint } = certificate;
  const pinned = valueOf(configField("fingerprint")).trim();
  const pin = button("homenet-pin", "fa-certificate", text(pinned ? "pin.replace" : "pin.button"));
  pin.on("click", () => {
    configField("fingerprint").val(fingerprint).trigger("change");
    retry();
  });
  const entries = [
    [text("pin.subject"), subject],
    [text("pin.issuer"), issuer === subject ? text("pin.itself") : issuer],
    [text("pin.valid"), `${formatDay(validFrom)} – ${formatDay(validTo)}`],
    ...(pinned ? [[text("pin.before"), pinned] as const] : []),
    [text(pinned ? "pin.now" : "pin.fingerprint"), fingerprint],
  ] as const;
  // Another certificate than the trusted one may be an attack: what calms at the first contact would be wrong here.
  const [shown, advice] = pinned ? ["pin.changed", "pin.changedAdvice"] : ["pin.shown", "pin.advice"];
  return [paragraph(text(shown)), definitionList(entries), paragraph(text(advice)), pin];
}

function formatDay(time: string | undefined): string {
  return time ? new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" }) : "?";
}

// The context stores in Node-RED's settings. The one in memory survives nothing, so a session gains nothing by it.
async function fetchStores(): Promise<Rows> {
  const { stores = [] } = RED.settings.context ?? {};
  return { rows: stores.filter((store) => store !== "memory").map((value) => ({ value })) };
}

let open: { save(): boolean } | undefined;

/** Sets up the dialog of a config node; called in `oneditprepare`. */
export function openConnectionDialog<Identity>(
  node: ConfigNode,
  options: ConnectionDialogOptions<Identity>,
): ConnectionDialog<Identity> {
  const dialog = new ConnectionDialog(node, options);
  open = dialog;
  return dialog;
}

/** Saves what the open dialog has obtained; called in `oneditsave`, which returns whether the node has changed. */
export function saveConfigDialog(): boolean {
  return open?.save() ?? false;
}
