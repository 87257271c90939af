// The part of a dialog that acts by name: which act, on what, and what it would send.
import { fetchList, NO_CONFIG_NODE, placeOf, request, text, valueOf } from "../core";
import { addCombobox, type Rows } from "../lists/combobox";
import type { Row } from "../lists/listbox";

/** An act, as the runtime describes it. */
export interface Act {
  name: string;
  value: "none" | "switch" | "text" | "number" | "json";
  /** What its target is; blank for none. */
  target: string;
  confirm: boolean;
}

/** A request that would be sent. */
export interface PreviewedRequest {
  method: string;
  path: string;
  body: unknown;
}

interface ActDialogOptions {
  /** The type of the config node, and the field that refers to it. */
  configType: string;
  configField: string;
  /** Further fields that decide what an act does, such as the site, by their names in a request. */
  scope: Readonly<Record<string, string>>;
  /** The fields that a node with an act does not use. */
  otherFields: readonly string[];
  /** What else the list of acts offers, below them: what the node does without an act. */
  fetchOthers?: () => Promise<Rows>;
  /** Called when one of these was chosen. */
  onOther?: (value: string) => void;
  /** Makes the node send this request without an act. */
  onTurn: (request: PreviewedRequest) => void;
}

const ACT = "#node-input-act";
const TARGET = "#node-input-target";
const VALUE = "#node-input-value";
const ORDER_FIELDS = [TARGET, VALUE, "#node-input-verify", "#node-input-dryRun"];

/** The fields for an act in the open dialog. */
export class ActFields {
  readonly #options: ActDialogOptions;
  readonly #preview = $('<div class="form-row"></div>');
  readonly #result = $('<pre class="homenet-about" id="homenet-preview-result" role="status"></pre>');
  readonly #turnButton: JQuery;
  #acts: readonly Act[] = [];
  #previewed: PreviewedRequest[] = [];

  constructor(options: ActDialogOptions) {
    this.#options = options;
    addCombobox({
      field: ACT,
      fetchRows: () => this.#fetchRows(),
      onChoose: ({ value }) => {
        const isAct = this.#acts.some(({ name }) => name === value);
        this.choose(isAct ? value : "");
        if (!isAct) options.onOther?.(value);
      },
    });
    const targets = addCombobox({ field: TARGET, fetchRows: () => this.#fetchTargets() });
    const scopeFields = [options.configField, ACT, ...Object.values(options.scope)].join();
    $(scopeFields).on("change", () => targets.invalidate());
    $(ACT).on("input change", () => this.#show());
    const showButton = createButton("homenet-preview", "act.preview").on("click", () => {
      this.#showPreview().catch(() => undefined);
    });
    this.#turnButton = createButton("homenet-to-path", "act.toPath").on("click", () => this.#turn());
    this.#preview.append("<label></label>", showButton, this.#turnButton.hide(), this.#result.hide());
    this.#preview.insertAfter($("#node-input-dryRun").closest(".form-row"));
    $([...ORDER_FIELDS, scopeFields].join()).on("change", () => this.#forgetPreview());
    this.#show();
  }

  /** What the runtime can do by name. */
  set acts(acts: readonly Act[]) {
    this.#acts = acts;
    this.#show();
  }

  /** The acts that match all of these words. */
  rows(words: string): Row[] {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = this.#acts.map(({ name, confirm }) => ({
      value: name,
      label: text(`act.name.${name}`),
      detail: confirm ? text("act.confirm") : "",
      below: name,
    }));
    return rows.filter(({ value, label }) => wanted.every((word) => `${value} ${label}`.toLowerCase().includes(word)));
  }

  /** Whether the node acts by name. */
  get isChosen(): boolean {
    return this.#name !== "";
  }

  /** What the act does, in a few words; blank where there is none, or one that is not known. */
  get label(): string {
    return this.#act ? text(`act.name.${this.#act.name}`) : "";
  }

  get #name(): string {
    return valueOf(ACT).trim();
  }

  get #act(): Act | undefined {
    return this.#acts.find(({ name }) => name === this.#name);
  }

  /** Sets the act; blank for none. */
  choose(act: string): void {
    $(ACT).val(act).trigger("change");
  }

  #show(): void {
    const [act, { isChosen }] = [this.#act, this];
    for (const field of ORDER_FIELDS) setUsed(field, isChosen);
    for (const field of this.#options.otherFields) setUsed(field, !isChosen);
    if (act) {
      setUsed(TARGET, act.target !== "");
      setUsed(VALUE, act.value !== "none");
    }
    this.#preview.toggle(isChosen);
    $("#homenet-act-about").text(act ? `${this.label}. ${text(`act.value.${act.value}`)}` : "");
    if (isChosen) $("#homenet-confirm-note").toggle(act?.confirm === true);
  }

  async #fetchRows(): Promise<Rows> {
    const others = (await this.#options.fetchOthers?.()) ?? { rows: [] };
    // Without the others there are still the acts.
    return { rows: [...this.rows(""), ...(others.error ? [] : others.rows)] };
  }

  #fetchTargets(): Promise<Rows> {
    const { configType, configField } = this.#options;
    const query = { ...this.#scope(), act: this.#name };
    return fetchList<{ rows: Row[] }>(configType, valueOf(configField), "targets", query);
  }

  // What an expression yields is known only when a message comes.
  #scope(): Record<string, string> {
    const fields = Object.entries(this.#options.scope).map(([name, field]) => [name, typedText(field) ?? ""]);
    return Object.fromEntries(fields) as Record<string, string>;
  }

  async #showPreview(): Promise<void> {
    this.#forgetPreview();
    const id = valueOf(this.#options.configField);
    const target = typedText(TARGET);
    const value = typedValue();
    if (target === undefined || value === undefined) return this.#say(text("act.fixed"));
    if (!id || id === NO_CONFIG_NODE) return this.#say(text("list.noConfig"));
    const order = { ...this.#scope(), ...placeOf(id), id, act: this.#name, target, ...value };
    const response = await request<{ requests?: PreviewedRequest[] }>(`${this.#options.configType}/preview`, order);
    if (response.error) return this.#say(response.error.message);
    if (!response.requests) return this.#say(text("act.deployFirst"));
    this.#previewed = response.requests;
    const lines = response.requests.map(({ method, path, body }) =>
      [`${method} ${path}`, ...(body === null ? [] : [JSON.stringify(body, null, 2)])].join("\n"),
    );
    this.#say(lines.join("\n\n") || text("act.nothing"));
    // Several requests are no single path and body.
    this.#turnButton.toggle(this.#previewed.length === 1);
  }

  #turn(): void {
    const [only] = this.#previewed;
    if (!only) return;
    this.choose("");
    this.#options.onTurn(only);
  }

  #forgetPreview(): void {
    this.#previewed = [];
    this.#turnButton.hide();
    this.#result.text("").hide();
  }

  #say(sentence: string): void {
    this.#result.text(sentence).show();
  }
}

function createButton(id: string, key: string): JQuery {
  return $('<button type="button" class="red-ui-button red-ui-button-small"></button>').attr("id", id).text(text(key));
}

const rowOf = (field: string): JQuery => $(field).closest(".form-row");

/** Shows or hides the row of a field, and the form below it, which shows and hides itself as well. */
function setUsed(field: string, isUsed: boolean): void {
  rowOf(field).toggleClass("homenet-unused", !isUsed);
}

/** What is typed in a typedInput for text; undefined where it holds an expression. */
function typedText(field: string): string | undefined {
  return $(field).typedInput("type") === "str" ? $(field).typedInput("value").trim() : undefined;
}

/** The value as a message would have it, or nothing of it; undefined where that is not known yet. */
function typedValue(): { value?: unknown } | undefined {
  const typed = $(VALUE).typedInput("value").trim();
  if (typed === "") return {};
  switch ($(VALUE).typedInput("type")) {
    case "str":
      return { value: typed };
    case "bool":
      return { value: typed === "true" };
    case "num":
      return { value: Number(typed) };
    case "json":
      return parseJson(typed);
    default:
      return undefined;
  }
}

function parseJson(typed: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(typed) as unknown };
  } catch {
    return undefined;
  }
}
