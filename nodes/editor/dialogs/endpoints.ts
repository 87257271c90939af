// The dialogs of the nodes that call a Peplink router: the table of its endpoints, and the form for the chosen one.
import { fetchList, request, text, valueOf, type RuntimeError } from "../core";
import type { FormField } from "../forms/form-fields";
import { JsonForm } from "../forms/json-form";
import { addCombobox, type Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";
import { ActFields, type Act, type PreviewedRequest } from "./acts";

/** Whether the node reads, as `router-status` does, or changes something. */
type Purpose = "read" | "write";

interface Endpoint {
  name: string;
  effect: "read" | "config" | "command" | "apply" | "destructive";
  /** Firmware that had it first. */
  since?: string;
  /** As the vendor's documentation calls it, such as "API" or "internal testing". */
  stability: string;
  /** Which scope the API client must have. */
  scope: "api.read-only" | "api";
  fields: FormField[];
  destroys: boolean;
  /** A body to begin with. */
  template?: object;
}

/** What is in a typedInput. */
interface TypedValue {
  type: string;
  value: string;
}

const ROUTER = "#node-input-router";
const ENDPOINT = "#node-input-endpoint";
const BODY = "#node-input-body";
/** What people look for first: states before settings. */
const GROUPS = ["status", "info", "config", "cmd"];

/** Sets up the dialog of a node that calls a router. */
export function endpointDialog(purpose: Purpose): void {
  new EndpointDialog(purpose).refresh();
}

class EndpointDialog {
  readonly #purpose: Purpose;
  readonly #table = request<{ endpoints: Endpoint[]; acts: Act[] }>("endpoints");
  readonly #form: JsonForm;
  readonly #templateButton: JQuery | undefined;
  readonly #acts: ActFields | undefined;
  /** The endpoint that is typed, where the table has it. */
  #endpoint: Endpoint | undefined;
  /** What a template has replaced. */
  #replaced: TypedValue | undefined;

  constructor(purpose: Purpose) {
    this.#purpose = purpose;
    const form =
      purpose === "read"
        ? { field: "#node-input-params", blankSource: "msg.params" }
        : { field: BODY, blankSource: "msg.payload" };
    this.#form = new JsonForm({ ...form, listFor });
    addCombobox({ field: ENDPOINT, fetchRows: () => this.#fetchRows() });
    if (purpose === "write") {
      this.#templateButton = this.#addTemplateButton();
      this.#acts = this.#addActs();
    }
    $(ENDPOINT).on("change", () => this.refresh());
  }

  /** Shows what is known of the endpoint that is typed. */
  refresh(): void {
    this.#endpoints()
      .then(({ endpoints }) => this.#show(endpoints))
      .catch(() => this.#form.show([]));
  }

  #addActs(): ActFields {
    const fields = new ActFields({
      configType: "peplink-router",
      configField: ROUTER,
      scope: {},
      otherFields: [ENDPOINT, BODY, "#node-input-apply"],
      fetchOthers: () => this.#fetchRows(),
      onOther: (endpoint) => $(ENDPOINT).typedInput("type", "str").typedInput("value", endpoint).trigger("change"),
      onTurn: (previewed) => this.#turn(previewed),
    });
    this.#table.then((response) => (fields.acts = response.error ? [] : response.acts)).catch(() => undefined);
    return fields;
  }

  #turn({ path, body }: PreviewedRequest): void {
    $(ENDPOINT).typedInput("type", "str").typedInput("value", path);
    const json = body === null ? "" : JSON.stringify(body, null, 4);
    $(BODY).typedInput("type", "json").typedInput("value", json);
    $([ENDPOINT, BODY].join()).trigger("change");
  }

  async #endpoints(): Promise<{ endpoints: Endpoint[]; error?: RuntimeError }> {
    const response = await this.#table;
    if (response.error) return { endpoints: [], error: response.error };
    const reads = this.#purpose === "read";
    return { endpoints: response.endpoints.filter(({ effect }) => (effect === "read") === reads) };
  }

  async #fetchRows(): Promise<Rows> {
    const { endpoints, error } = await this.#endpoints();
    return error ? { error } : { rows: endpoints.map(endpointRow).sort(byUse) };
  }

  #show(endpoints: readonly Endpoint[]): void {
    const field = $(ENDPOINT);
    if (!field[0] || !document.contains(field[0])) return;
    const name = field.typedInput("type") === "str" ? field.typedInput("value").trim() : "";
    const endpoint = name ? endpoints.find((one) => one.name === name) : undefined;
    this.#endpoint = endpoint;
    const about = endpoint ? describe(endpoint) : name ? text("endpoint.unknown") : "";
    $("#homenet-endpoint-about").text(about);
    if (endpoint)
      this.#form.show(endpoint.fields, {
        reason: this.#whyNoForm(endpoint),
        complete: endpoint.stability !== "undocumented",
      });
    else this.#form.show([]);
    if (!this.#acts?.isChosen) $("#homenet-confirm-note").toggle(endpoint?.destroys === true);
    this.#drawTemplateButton();
  }

  #whyNoForm({ effect, fields, template }: Endpoint): string {
    if (fields.length > 0 || this.#purpose === "read") return "";
    return text(effect === "apply" || template ? "endpoint.noBody" : "endpoint.unknownBody");
  }

  #addTemplateButton(): JQuery {
    const button = $('<button type="button" class="red-ui-button red-ui-button-small homenet-template"></button>');
    button.insertBefore($(BODY).closest(".form-row").find(".red-ui-typedInput-container"));
    return button.on("click", () => {
      const current = { type: $(BODY).typedInput("type"), value: $(BODY).typedInput("value") };
      const template = { type: "json", value: JSON.stringify(this.#endpoint?.template, null, 4) };
      const next = this.#replaced ?? template;
      this.#replaced = this.#replaced || current.value.trim() === "" ? undefined : current;
      $(BODY).typedInput("type", next.type).typedInput("value", next.value);
      $(BODY).trigger("change");
      this.#drawTemplateButton();
    });
  }

  // One button for both: a template replaces what was there, and what was there can be put back.
  #drawTemplateButton(): void {
    this.#templateButton
      ?.text(text(this.#replaced ? "endpoint.back" : "endpoint.template"))
      .toggle(this.#replaced !== undefined || this.#endpoint?.template !== undefined);
  }
}

// The API knows WAN links by numbers, which nobody remembers.
function listFor({ at: [name], type }: FormField): (() => Promise<Rows>) | undefined {
  const isWan = name === "connId" || (name === "id" && $(ENDPOINT).typedInput("value").includes("wan"));
  if (!isWan || (type !== "integer" && type !== "list")) return undefined;
  return () => fetchList<{ rows: Row[] }>("peplink-router", valueOf(ROUTER), "wan");
}

function byUse(a: Row, b: Row): number {
  const group = ({ value }: Row): number => GROUPS.indexOf(value.split(".")[0] ?? "");
  return group(a) - group(b) || (a.value < b.value ? -1 : 1);
}

function endpointRow({ name, since, stability, fields, destroys }: Endpoint): Row {
  const required = fields.filter((field) => field.required).map(({ at: [field] }) => field);
  const notes = [
    since,
    stability === "API" ? "" : text(`endpoint.word.${keyOf(stability)}`),
    destroys ? text("endpoint.destroys") : "",
    ...required,
  ];
  return { value: name, detail: notes.filter(Boolean).join(" · "), dim: stability === "undocumented" };
}

function describe({ since, stability, scope, effect }: Endpoint): string {
  const parts = [
    since ? text("endpoint.since", { since }) : "",
    text(`endpoint.stability.${keyOf(stability)}`),
    text(scope === "api" ? "endpoint.scope.api" : "endpoint.scope.any"),
    effect === "config" ? text("endpoint.pending") : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function keyOf(stability: string): string {
  return stability.toLowerCase().replace(" ", "-");
}
