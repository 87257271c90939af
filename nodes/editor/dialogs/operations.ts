// The dialogs of the nodes that call an Omada controller: the search for an operation, and the form for the chosen one.
import { fetchList, text, valueOf } from "../core";
import { showDefaults } from "../elements";
import type { FormField } from "../forms/form-fields";
import { JsonForm } from "../forms/json-form";
import { addCombobox, type Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";
import { ActFields, type Act, type PreviewedRequest } from "./acts";
import {
  CONTROLLER,
  operationRow,
  requestOperations,
  showSource,
  type Operation,
  type OperationRow,
} from "./operation-list";

/** Whether the node reads, as `omada-query` does, or changes something. */
type Purpose = "read" | "write";

interface Body {
  fields: FormField[];
  /** Whether it takes a file. */
  file?: boolean;
  /** Whether there are fields that are not described. */
  partial?: boolean;
}

interface OperationForm {
  operation?: Partial<Operation>;
  parameters: FormField[];
  body?: Body;
  destroys?: string;
}

const TYPING_DELAY_MS = 300;
/** How often and how many times to ask again while the controller's description is on its way. */
const RETRY_DELAY_MS = 2000;
const MAX_RETRIES = 15;
const METHOD = "#node-input-method";
const PATH = "#node-input-path";
const BODY = "#node-input-body";
const SITE = "#node-input-site";
/** The list in which the value of a placeholder can be found. */
const LISTS: Readonly<Record<string, string>> = {
  clientMac: "clients",
  deviceMac: "devices",
  apMac: "aps",
  switchMac: "switches",
  gatewayMac: "gateways",
};

/** Sets up the dialog of a node that calls a controller. */
export function operationDialog(purpose: Purpose): void {
  if (purpose === "read") showDefaults("node-input", ["limit"]);
  new OperationDialog(purpose).refreshIn(0);
}

class OperationDialog {
  readonly #purpose: Purpose;
  readonly #search = $("#homenet-operation");
  readonly #params: JsonForm;
  readonly #body: JsonForm | undefined;
  readonly #acts: ActFields | undefined;
  /** What the chosen operation does, in a few words. */
  #summary = "";
  /** Number of the last request: responses to earlier ones are dropped. */
  #request = 0;
  #retries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(purpose: Purpose) {
    this.#purpose = purpose;
    this.#params = new JsonForm({
      field: "#node-input-params",
      blankSource: "msg.params",
      listFor: (field) => this.#listFor(field),
    });
    if (purpose === "write") {
      this.#body = new JsonForm({ field: BODY, blankSource: "msg.payload" });
      this.#acts = new ActFields({
        configType: "omada-controller",
        configField: CONTROLLER,
        scope: { site: SITE },
        otherFields: [METHOD, PATH, "#node-input-params", BODY],
        onTurn: (previewed) => this.#turn(previewed),
      });
      const fetchActs = (): void => {
        this.#fetchActs().catch(() => undefined);
      };
      $(CONTROLLER).on("change", fetchActs);
      $("#node-input-act").on("change", () => this.#drawSearch());
      fetchActs();
    }
    this.#addComboboxes();
    $([CONTROLLER, METHOD, PATH, "#node-input-paging"].join()).on("change", () => this.refreshIn(TYPING_DELAY_MS));
  }

  /** Fetches the form for what is typed, after that time; a call meanwhile starts the time again. */
  refreshIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#refresh().catch(() => this.#show(undefined));
    }, ms);
  }

  #addComboboxes(): void {
    for (const field of [this.#search, PATH])
      addCombobox<OperationRow>({
        field,
        searchesRemotely: true,
        fetchRows: (words) => this.#find(words),
        onChoose: ({ value, method, path }) =>
          method === undefined || path === undefined ? this.#chooseAct(value) : this.#choose(method, path),
      });
    const sites = addCombobox({ field: SITE, fetchRows: () => fetchRows("sites") });
    $(CONTROLLER).on("change", () => sites.invalidate());
    this.#search.on("focus", () => this.#search.trigger("select"));
    // The field shows the chosen operation, not the words of a search that led nowhere.
    this.#search.on("blur", () => this.#drawSearch(true));
  }

  #listFor({ in: place, at: [name = ""] }: FormField): (() => Promise<Rows>) | undefined {
    const list = place === "path" && Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
    return list === undefined ? undefined : () => fetchRows(list, { site: siteOf() });
  }

  async #find(words: string): Promise<Rows<OperationRow>> {
    const response = await requestOperations<{ matches: Operation[] }>("", { for: this.#purpose, words });
    if (response.error) return response;
    showSource(response);
    // What has a name of its own comes first.
    return { rows: [...(this.#acts?.rows(words) ?? []), ...response.matches.map(operationRow)] };
  }

  async #fetchActs(): Promise<void> {
    const response = await requestOperations<{ acts: Act[] }>("", { for: "write", words: "" });
    if (this.#acts && !response.error) this.#acts.acts = response.acts;
    this.#drawSearch();
  }

  #chooseAct(name: string): void {
    this.#acts?.choose(name);
    this.#search.trigger("blur");
  }

  // What is being typed stays.
  #drawSearch(isLeft = document.activeElement !== this.#search[0]): void {
    if (isLeft) this.#search.val(this.#acts?.label || this.#summary);
  }

  #turn({ method, path, body }: PreviewedRequest): void {
    $(BODY)
      .typedInput("type", "json")
      .typedInput("value", body === null ? "" : JSON.stringify(body, null, 4));
    $(BODY).trigger("change");
    this.#choose(method, path);
  }

  #choose(method: string, path: string): void {
    // Before anything changes: blur puts the summary into the field.
    this.#search.trigger("blur");
    this.#acts?.choose("");
    $(METHOD).val(method);
    $(PATH).typedInput("type", "str").typedInput("value", path);
    $(PATH).trigger("change");
    this.refreshIn(0);
  }

  async #refresh(): Promise<void> {
    const number = ++this.#request;
    const path = $(PATH).typedInput("value").trim();
    if ($(PATH).typedInput("type") !== "str" || path === "" || path.includes("${"))
      return this.#show(undefined, text("operation.typed"));
    const query = { method: valueOf(METHOD), path };
    const response = await requestOperations<{ form: OperationForm }>("/form", query);
    // Something else was typed meanwhile, or the dialog was closed.
    const [search] = this.#search;
    if (number !== this.#request || !search || !document.contains(search)) return;
    if (response.error) return this.#show(undefined, response.error.message);
    showSource(response);
    this.#show(response.form, response.form.operation ? "" : text("operation.unknown"));
    if (response.pending && ++this.#retries <= MAX_RETRIES) this.refreshIn(RETRY_DELAY_MS);
  }

  #show(form: OperationForm | undefined, note = ""): void {
    const { operation, parameters = [], body, destroys } = form ?? {};
    this.#summary = operation?.summary ?? "";
    this.#drawSearch();
    // A list that is read by POST takes in its body what others take in their query.
    const readsByPost = this.#purpose === "read" && valueOf(METHOD) === "POST";
    const posted = readsByPost ? (body?.fields ?? []).map((field): FormField => ({ ...field, in: "query" })) : [];
    const fields = [...parameters, ...posted].filter((field) => this.#isShown(field)).map(withOptionalPage);
    const complete = operation !== undefined;
    this.#params.show(fields, { complete });
    this.#body?.show(body?.fields ?? [], { reason: complete ? whyNoBodyForm(body) : "" });
    const deprecated = operation?.deprecated ? text("operation.deprecated") : "";
    $("#homenet-operation-note").text([note, deprecated].join(" ").trim());
    if (!this.#acts?.isChosen) $("#homenet-confirm-note").toggle(destroys !== undefined);
  }

  // The node reads all pages by itself, unless it is set to read one.
  #isShown(field: FormField): boolean {
    return this.#purpose === "write" || !isPage(field) || valueOf("#node-input-paging") === "one";
  }
}

function fetchRows(list: string, query?: Record<string, string>): Promise<Rows> {
  return fetchList<{ rows: Row[] }>("omada-controller", valueOf(CONTROLLER), list, query);
}

function siteOf(): string {
  const site = $(SITE);
  return site.typedInput("type") === "str" ? site.typedInput("value") : "";
}

function withOptionalPage(field: FormField): FormField {
  return isPage(field) ? { ...field, required: false } : field;
}

function isPage({ at: [name] }: FormField): boolean {
  return name === "page" || name === "pageSize";
}

function whyNoBodyForm(body: Body | undefined): string {
  if (!body) return text("operation.noBody");
  if (body.file) return text("operation.file");
  return body.partial && body.fields.length === 0 ? text("operation.unknownBody") : "";
}
