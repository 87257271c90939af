/** What a row of a dialog is made of, as attributes of its comment. A flag is there or not; its value is blank. */
export interface Attributes {
  /** Of the saved property or credential. */
  name: string;
  /** Of Font Awesome 4, without "fa-"; a checkbox has none. */
  icon?: string;
  /** "text" by default. */
  type?: "text" | "password" | "checkbox";
  /**
   * Flag: a checkbox that is ticked where an older flow does not have the property: the editor sets what is saved, and
   * jQuery leaves a box as it is where that is undefined.
   */
  checked?: string;
  /** Flag: a typedInput, whose type is saved beside it. */
  typed?: string;
  /** What a select offers, separated by spaces. */
  options?: string;
  /** Flag: whether the catalog has a placeholder for it. */
  placeholder?: string;
  /** For rows that are shown and hidden together. */
  class?: string;
  /** Of the input, if it is not the usual one. */
  width?: string;
  /** Id of a line below the field. */
  about?: string;
}

/**
 * One row of a dialog. Its texts are in the node's own catalog, at `label.<name>`, `placeholder.<name>` and
 * `option.<name>.<option>`.
 */
export function createRow(attributes: Attributes): string {
  const { name, icon, type = "text", checked, class: extra, about } = attributes;
  const start = `<div class="form-row${extra ? ` ${extra}` : ""}">`;
  if (type === "checkbox")
    return `
${start}
  <label></label>
  <input type="checkbox" id="{{field}}-${name}"${checked === undefined ? "" : " checked"} style="display: inline-block; width: auto; vertical-align: baseline" />
  <label for="{{field}}-${name}" style="width: auto" data-i18n="{{type}}.label.${name}"></label>
</div>`;
  const below = about ? `\n  <div class="homenet-about" id="${about}" role="status"></div>` : "";
  return `
${start}
  <label for="{{field}}-${name}">
    <i class="fa fa-${icon}"></i>
    <span data-i18n="{{type}}.label.${name}"></span>
  </label>
  ${createField(attributes)}${below}
</div>`;
}

function createField({ name, type = "text", typed, options, placeholder, width }: Attributes): string {
  const id = `id="{{field}}-${name}"`;
  if (options !== undefined) {
    const elements = options
      .split(" ")
      .map((value) => `    <option value="${value}" data-i18n="{{type}}.option.${name}.${value}"></option>`);
    return `<select ${id} style="width: 70%">\n${elements.join("\n")}\n  </select>`;
  }
  const text = placeholder === undefined ? "" : ` data-i18n="[placeholder]{{type}}.placeholder.${name}"`;
  const style = typed === undefined ? width : "70%";
  const input = `<input type="${type}" ${id}${text}${style ? ` style="width: ${style}"` : ""} />`;
  return typed === undefined ? input : `${input}\n  <input type="hidden" id="{{field}}-${name}Type" />`;
}
