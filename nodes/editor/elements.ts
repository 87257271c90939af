// Elements that several dialogs are made of. Whatever they show is set as text, never as HTML.
import { LIMITS } from "../shared/limits";

/** The field of a config node's dialog. */
export function configField(name: string): JQuery {
  return $(`#node-config-input-${name}`);
}

/**
 * Shows what the runtime takes blank numbers for: a flow that is older, or that no editor has made, may leave them out.
 * @param prefix of the ids of the fields
 */
export function showDefaults(
  prefix: "node-input" | "node-config-input",
  names: readonly (keyof typeof LIMITS)[],
): void {
  for (const name of names) {
    const field = $(`#${prefix}-${name}`);
    if (field.val() === "") field.val(LIMITS[name].default);
  }
}

/**
 * A button with an icon.
 * @param icon of Font Awesome 4, such as "fa-plug"
 */
export function button(id: string, icon: string, label: string): JQuery {
  const element = $('<button type="button" class="red-ui-button"></button>').attr("id", id);
  return element.append($("<i></i>").addClass(`fa ${icon}`), " ", $("<span></span>").text(label));
}

export function paragraph(text: string): JQuery {
  return $("<p></p>").text(text);
}

/** Labels with their values, as a definition list. */
export function definitionList(entries: readonly (readonly [label: string, value: string])[]): JQuery {
  const list = $('<dl class="homenet-table"></dl>');
  for (const [label, value] of entries) list.append($("<dt></dt>").text(label), $("<dd></dd>").text(value));
  return list;
}

/** A row with a label for its field, which has an id. */
export function labelledRow(label: string, field: JQuery): JQuery {
  const id = field.attr("id") ?? "";
  return $('<div class="form-row"></div>').append($("<label></label>").attr("for", id).text(label), " ", field);
}
