// The dialogs of the nodes that call an Omada controller: the search for an operation, and the form for the chosen one.
import {
  fetchList,
  NO_CONFIG_NODE,
  placeOf,
  request,
  text,
  valueOf,
  type RuntimeError,
  type RuntimeResponse,
} from "../core";
import type { FormField } from "../forms/form-fields";
import { JsonForm } from "../forms/json-form";
import { addCombobox, type Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";
import { ActFields, type Act, type PreviewedRequest } from "./acts";

/** Whether the node reads, as `omada-query` does, or changes something. */
type Purpose = "read" | "write";

interface Operation {
  method: string;
  path: string;
  tag: string;
  summary: string;
  deprecated: boolean;
  /** What it destroys. */
  destroys?: string;
}

/** Whose operations a response is about. */
interface Source {
  /** Whether they are from the controller's own description; if not, they are from the bundled table. */
  own: boolean;
  version?: string;
  total: number;
  /** Whether the controller's description is on its way. */
  pending: boolean;
  notDeployed: boolean;
  /** Why the controller's description is not available. */
  why?: RuntimeError;
}

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

/** An act has no method and no path. */
type OperationRow = Row & { method?: string; path?: string };

const TYPING_DELAY_MS = 300;
/** How often and how many times to ask again while the controller's description is on its way. */
const RETRY_DELAY_MS = 2000;
const MAX_RETRIES = 15;
const CONTROLLER = "#node-input-controller";
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
    this.#search.on("blur", () => this.#search.val(this.#summary));
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
  }

  #chooseAct(name: string): void {
    this.#search.trigger("blur");
    this.#acts?.choose(name);
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
    if (document.activeElement !== this.#search[0]) this.#search.val(this.#summary);
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

function requestOperations<T>(path: string, query: Record<string, string>): Promise<RuntimeResponse<T & Source>> {
  const id = valueOf(CONTROLLER);
  const controller = id && id !== NO_CONFIG_NODE ? id : "-";
  return request(
    `operations/${encodeURIComponent(controller)}${path}?${$.param({ ...query, ...placeOf(controller) })}`,
  );
}

function siteOf(): string {
  const site = $(SITE);
  return site.typedInput("type") === "str" ? site.typedInput("value") : "";
}

/** Says whose operations are shown, and why they are not the controller's own. */
function showSource({ own, version, total, pending, notDeployed, why }: Source): void {
  const key = own ? "own" : pending ? "pending" : notDeployed ? "notDeployed" : "bundled";
  const parts = [text(`operation.${key}`, { total })];
  if (own && version) parts.push(`${text("operation.version")} ${version}`);
  if (why && !own) parts.push(why.message);
  $("#homenet-operation-about").text(parts.join(" "));
}

function operationRow({ method, path, tag, summary, deprecated, destroys }: Operation): OperationRow {
  const warning = destroys ? text("operation.destroys") : deprecated ? text("operation.deprecated") : "";
  const below = `${method} ${path}`;
  return { value: path, method, path, label: summary || path, detail: warning || tag, below, dim: deprecated };
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
