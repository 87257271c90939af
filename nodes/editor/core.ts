// What all dialogs share: the texts of their catalog, and requests to the runtime.
import { translateError } from "../shared/sentences";
import { describeUnsaved, unsavedConfigNode } from "./config/unsaved-config";

/** Why the runtime did not do what a dialog asked for. */
export interface RuntimeError {
  code: string;
  message: string;
  /** The platform's own number for it. */
  vendorCode?: number;
}

/** A certificate that the runtime could not verify. */
export interface Certificate {
  subject: string;
  issuer: string;
  /** Both as text that `Date` understands. */
  validFrom?: string;
  validTo?: string;
  /** SHA-256, as hex digits. */
  fingerprint: string;
}

export interface Failure {
  error: RuntimeError;
  /** Where the error is about it. */
  certificate?: Certificate;
}

export type RuntimeResponse<T> = (T & { error?: undefined }) | Failure;

/** What Node-RED's selector of a config node holds while none is chosen. */
export const NO_CONFIG_NODE = "_ADD_";

const CATALOG = "@homenet/node-red-homenet/homenet-editor:";

/**
 * A text of the shared catalog. Names that come from devices are no placeholders of a text: they stand beside it.
 * @param key such as "list.loading"
 */
export function text(key: string, values?: Readonly<Record<string, number | string>>): string {
  return RED._(CATALOG + key, values);
}

/**
 * Sends a request to the runtime. It never rejects: a failure is part of the response.
 * @param path below `homenet/`, its parts encoded
 * @param body posted as JSON; without one it is a GET
 */
export function request<T>(path: string, body?: object): Promise<RuntimeResponse<T>> {
  const post = body && { method: "POST", contentType: "application/json", data: JSON.stringify(body) };
  return new Promise((resolve) => {
    // Not fetch: Node-RED sets $.ajax up with the runtime's address and the editor's session.
    $.ajax({ url: `homenet/${path}`, dataType: "json", cache: true, ...post })
      .done((response: RuntimeResponse<T>) => resolve(inLanguageOfUser(response)))
      .fail(({ status }) => {
        const isForbidden = status === 401 || status === 403;
        const [code, key] = isForbidden ? ["forbidden", "error.forbidden"] : ["network", "error.noRuntime"];
        resolve({ error: { code, message: text(key) } });
      });
  });
}

function inLanguageOfUser<T>(response: RuntimeResponse<T>): RuntimeResponse<T> {
  if (!response.error) return response;
  return { ...response, error: { ...response.error, message: sentenceFor(response.error) } };
}

/** What the runtime says of an error, in the user's language. */
export function sentenceFor(error: Pick<RuntimeError, "code" | "message">): string {
  const translated = translateError(error, text);
  // The English sentence stands beside a translation that says less.
  if (translated?.isGeneral) return `${translated.text} (${error.message})`;
  return translated?.text ?? error.message;
}

/**
 * Fetches a list through a config node: the deployed one, or its values if they are not deployed.
 * @param type of the config node
 * @param id of the config node; blank or `NO_CONFIG_NODE` where none is chosen
 */
export async function fetchList<T>(
  type: string,
  id: string,
  list: string,
  query: Readonly<Record<string, string>> = {},
): Promise<RuntimeResponse<T>> {
  const noConfig: Failure = { error: { code: "config", message: text("list.noConfig") } };
  if (!id || id === NO_CONFIG_NODE) return noConfig;
  const unsaved = unsavedConfigNode(type, id);
  if (unsaved) return request<T>(`${type}/list`, { ...describeUnsaved(unsaved), list, query });
  const parameters = $.param({ ...query, ...placeOf(id) });
  const path = `${type}/${encodeURIComponent(id)}/${list}${parameters && `?${parameters}`}`;
  const response = await request<T & { notDeployed?: true }>(path);
  return !response.error && response.notDeployed ? noConfig : response;
}

/** Where a config node is looked for that a variable stands for: in the instances of the subflow that is being edited. */
export function placeOf(id: string): { z?: string } {
  return id.startsWith("${") ? { z: RED.workspaces.active() } : {};
}

/** What an input or a select holds, as text. */
export function valueOf(field: string | JQuery): string {
  return String((typeof field === "string" ? $(field) : field).val() ?? "");
}

/**
 * Makes fields of the open dialog typedInputs, whose types are saved beside them.
 * @param fields names of properties, with the types of values that can be typed; all of them also take an expression
 */
export function typedInputs(fields: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, types] of Object.entries(fields)) {
    const expressions = ["msg", "flow", "global", "env", "jsonata"];
    const typeField = `#node-input-${name}Type`;
    const field = $(`#node-input-${name}`).typedInput({ types: [...types, ...expressions], typeField });
    labelTypedInput(field, $(`label[for="node-input-${name}"]`).attr("id", `homenet-label-${name}`));
  }
}

/**
 * Labels what a typedInput shows: the label of its row is for the input that is saved, which is hidden.
 * @param label with an id
 */
export function labelTypedInput(field: JQuery, label: JQuery): void {
  const container = field.nextAll(".red-ui-typedInput-container").first();
  container.find(".red-ui-typedInput-input").attr("aria-labelledby", label.attr("id") ?? "");
  const name = text("list.type", { field: label.text().trim() });
  container.find(".red-ui-typedInput-type-select").attr("aria-label", name);
}
