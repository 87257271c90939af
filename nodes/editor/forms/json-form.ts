// A form for a field that holds a JSON object. The text is what is saved: the form reads it, and writes what is typed
// into it at once (docs/decisions/0008-form-is-a-view-of-the-saved-text.md).
import { labelTypedInput, text } from "../core";
import { addCombobox, type Rows } from "../lists/combobox";
import {
  formatText,
  formatValue,
  getField,
  parseText,
  parseValue,
  setField,
  unknownNames,
  type FormField,
  type OpenedText,
  type TextProblem,
} from "./form-fields";
import { createInput, describe, nameOf } from "./form-inputs";

interface JsonFormOptions {
  /** Selector of the typedInput that holds the object. */
  field: string;
  /** What a blank one reads, such as "msg.params". */
  blankSource: string;
  /** The list of a form field that has one. */
  listFor?: (field: FormField) => (() => Promise<Rows>) | undefined;
}

interface FormRow {
  field: FormField;
  row: JQuery;
  input: JQuery;
  problem: JQuery;
}

/** With more fields than that, those that are not required wait behind a button. */
const MAX_SHOWN_AT_ONCE = 8;
let count = 0;
/** Whoever prefers the text prefers it in the next dialog as well. */
let prefersText = false;

export class JsonForm {
  readonly #options: JsonFormOptions;
  readonly #field: JQuery;
  readonly #row: JQuery;
  readonly #typedInput: JQuery;
  readonly #frame: JQuery;
  readonly #note: JQuery;
  readonly #switch = $('<span class="homenet-form-switch" role="group"></span>');
  readonly #formButton: JQuery;
  readonly #textButton: JQuery;
  #asText = prefersText;
  #fields: readonly FormField[] = [];
  /** Why there are no fields. */
  #reason = "";
  /** Whether the fields are all that can be sent. */
  #complete = false;
  /** Whether optional fields are shown, however many there are. */
  #expanded = false;
  #opened: OpenedText | TextProblem = { value: {}, multiline: false };
  #rows: FormRow[] = [];
  #hint = $();
  /** What is drawn, as text; drawn again only when that changes. */
  #drawn = "";
  #isWriting = false;

  constructor(options: JsonFormOptions) {
    this.#options = options;
    this.#field = $(options.field);
    this.#row = this.#field.closest(".form-row");
    this.#typedInput = this.#row.find(".red-ui-typedInput-container");
    this.#frame = $('<div class="homenet-form"></div>').insertAfter(this.#row);
    this.#formButton = this.#createSwitchButton("form", "fa-list-alt");
    this.#textButton = this.#createSwitchButton("text", "fa-code");
    this.#switch.append(this.#formButton, this.#textButton).insertBefore(this.#typedInput);
    this.#note = $('<div class="homenet-form-note" role="status"></div>').appendTo(this.#row);
    this.#field.on("change", () => {
      if (!this.#isWriting) this.#draw();
    });
    this.#draw();
  }

  /**
   * Shows these fields.
   * @param reason why there are none
   * @param complete whether nothing else can be sent
   */
  show(fields: readonly FormField[], { reason = "", complete = false } = {}): void {
    this.#reason = reason;
    this.#complete = complete;
    if (JSON.stringify(fields) !== JSON.stringify(this.#fields)) this.#expanded = false;
    this.#fields = fields;
    this.#draw();
  }

  #createSwitchButton(name: "form" | "text", icon: string): JQuery {
    const button = $('<button type="button" class="red-ui-button red-ui-button-small toggle"></button>');
    button.append($("<i></i>").addClass(`fa ${icon}`), " ", $("<span></span>").text(text(`form.${name}`)));
    return button.on("click", () => {
      prefersText = this.#asText = name === "text";
      this.#draw();
    });
  }

  #draw(): void {
    // Drawing takes the cursor out of the field in which somebody is typing.
    const state = this.#state();
    if (state === this.#drawn) return;
    this.#drawn = state;
    this.#opened = parseText(this.#field.typedInput("value"));
    const hasFields = this.#fields.length > 0;
    const obstacle = this.#obstacle();
    const asForm = hasFields && !obstacle && !this.#asText;
    this.#formButton.toggleClass("selected", asForm).attr("aria-pressed", String(asForm));
    this.#formButton.prop("disabled", obstacle !== "");
    this.#textButton.toggleClass("selected", !asForm).attr("aria-pressed", String(!asForm));
    this.#switch.toggle(hasFields);
    this.#typedInput.toggle(!asForm);
    this.#note.text(asForm ? "" : hasFields ? obstacle : this.#reason || this.#describeUnknown());
    const focused = this.#frame.find(":focus").closest("[data-name]").attr("data-name");
    this.#frame.empty().toggle(asForm);
    if (asForm) this.#fill(focused);
  }

  #state(): string {
    const saved = [this.#field.typedInput("type"), this.#field.typedInput("value")];
    return JSON.stringify([saved, this.#fields, this.#reason, this.#complete, this.#expanded, this.#asText]);
  }

  /** The object of the text; an empty one where the text is none. */
  get #value(): Record<string, unknown> {
    return this.#opened.problem ? {} : this.#opened.value;
  }

  /** Why there can be no form; blank where there can be one. */
  #obstacle(): string {
    if (this.#field.typedInput("type") !== "json") return text("form.typed");
    return this.#opened.problem ? text(`form.problem.${this.#opened.problem}`) : "";
  }

  /** What is in the text although no field asks for it: left from another operation, perhaps. */
  #describeUnknown(): string {
    const names = this.#complete ? unknownNames(this.#value, this.#fields) : [];
    return names.length > 0 ? `${text("form.others")} ${names.join(", ")}` : "";
  }

  #fill(focused: string | undefined): void {
    const isSet = (field: FormField): boolean => getField(this.#value, field) !== undefined;
    const first = this.#fields.filter((field) => field.required || isSet(field));
    const all = this.#expanded || first.length === 0 || this.#fields.length <= MAX_SHOWN_AT_ONCE;
    this.#rows = (all ? this.#fields : first).map((field) => this.#addRow(field));
    if (!all) this.#frame.append(this.#createExpander(this.#fields.length - first.length));
    this.#hint = $('<div class="homenet-form-hint"></div>').appendTo(this.#frame);
    this.#check();
    const row = this.#rows.find(({ field }) => nameOf(field) === focused)?.row;
    row?.find("input:visible, select").first().trigger("focus");
  }

  #createExpander(hidden: number): JQuery {
    const button = $('<button type="button" class="red-ui-button red-ui-button-small homenet-form-more"></button>');
    return button.text(text("form.more", { count: hidden })).on("click", () => {
      this.#expanded = true;
      this.#draw();
    });
  }

  #addRow(field: FormField): FormRow {
    const id = `homenet-field-${++count}`;
    const name = nameOf(field);
    const row = $('<div class="form-row homenet-form-row"></div>').attr("data-name", name).appendTo(this.#frame);
    const label = $("<label></label>").attr({ for: id, title: name }).text(name).appendTo(row);
    if (field.required)
      $('<span class="homenet-form-required"></span>').text(" *").attr("title", text("form.required")).appendTo(label);
    const input = createInput(field, formatValue(field, getField(this.#value, field)))
      .attr("id", id)
      .appendTo(row);
    $('<div class="homenet-form-help"></div>').text(describe(field)).appendTo(row);
    const problem = $('<div class="homenet-form-problem" role="alert"></div>').appendTo(row).hide();
    const formRow = { field, row, input, problem };
    input.on("input change", () => this.#onInput(formRow));
    // With Node-RED's JSON editor behind a button.
    if (field.type === "json" && !field.choices) {
      input.typedInput({ types: ["json"], default: "json" }).typedInput("width", "100%");
      labelTypedInput(input, label.attr("id", `${id}-label`));
    }
    const fetchRows = this.#options.listFor?.(field);
    if (fetchRows) addCombobox({ field: input, fetchRows });
    return formRow;
  }

  // Only what is touched is written: all else stays as it was typed. A value that is not valid is kept as well.
  #onInput({ field, input }: FormRow): void {
    if (this.#opened.problem) return;
    const typed = String(input.val());
    const { value, problem } = parseValue(field, typed);
    const before = formatValue(field, getField(this.#value, field));
    const after = problem ? typed : value;
    if (formatValue(field, after) !== before && setField(this.#value, field, after)) this.#write(this.#opened);
    this.#check();
  }

  #write(opened: OpenedText): void {
    this.#isWriting = true;
    this.#field.typedInput("value", formatText(opened));
    this.#field.trigger("change");
    this.#isWriting = false;
    this.#drawn = this.#state();
  }

  #check(): void {
    const blank = Object.keys(this.#value).length === 0;
    for (const { field, row, input, problem } of this.#rows) {
      const message = this.#problemWith(field, String(input.val()), blank);
      problem.text(message).toggle(message !== "");
      row.find("input, select, .red-ui-typedInput-container").toggleClass("input-error", message !== "");
    }
    this.#hint.text(blank ? text("form.blank", { source: this.#options.blankSource }) : this.#describeUnknown());
  }

  #problemWith(field: FormField, typed: string, blank: boolean): string {
    const { choices = [], minimum = 0, maximum = 0, required } = field;
    const { problem } = parseValue(field, typed);
    // The platform's choices may hold anything, so they are no placeholder of our text.
    if (problem === "choice") return `${text("form.choices")} ${choices.join(", ")}`;
    if (problem) return text(`form.wrong.${problem}`, { least: minimum, most: maximum });
    if (getField(this.#value, field) !== undefined) return "";
    if (required && !blank) return text("form.missing");
    return typed.trim() === "" ? "" : text("form.wrong.place");
  }
}
