// What the rows of a form are made of.
import { text } from "../core";
import type { FormField } from "./form-fields";

/** The name of a field, as its row shows it. */
export function nameOf({ at }: FormField): string {
  return at.join(".");
}

/**
 * The input of a form field, or a select where there are choices.
 * @param value as text, blank where none is set
 */
export function createInput(field: FormField, value: string): JQuery {
  const choices = field.type === "boolean" ? [true, false] : field.type === "list" ? undefined : field.choices;
  if (!choices) {
    const input = $('<input type="text" autocomplete="off" style="width: 100%" />').val(value);
    return input.attr("placeholder", String(field.default ?? ""));
  }
  const select = $("<select></select>");
  const addOption = (option: string, label = option): void => {
    select.append($("<option></option>").val(option).text(label));
  };
  addOption("", field.default === undefined ? "" : `${text("form.default")} ${field.default}`);
  const options = choices.map(String);
  for (const option of options) addOption(option);
  // A value that was written by hand stays, allowed or not.
  if (value !== "" && !options.includes(value)) addOption(value);
  return select.val(value);
}

/** What a field takes, in one line. */
export function describe({ description = "", type, items, choices, minimum, maximum }: FormField): string {
  const parts = [description.replace(/\.$/, "")];
  if (type === "list") parts.push(text("form.list"));
  if (type === "list" && choices) parts.push(`${text("form.choices")} ${choices.join(", ")}`);
  if (minimum !== undefined) parts.push(`≥ ${minimum}`);
  if (maximum !== undefined) parts.push(`≤ ${maximum}`);
  const kind = type === "list" ? items : type;
  if (!choices && kind !== "string" && kind !== "boolean") parts.push(text(`form.type.${kind}`));
  return parts.filter(Boolean).join(" · ");
}
