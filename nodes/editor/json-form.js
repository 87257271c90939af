// A form for a field that holds a JSON object: what is typed into it is the text, and the text is what is saved.
(function () {
  "use strict";

  /** With more than that, those that need not be given wait behind a button. */
  const FEW = 8;
  let made = 0;
  /** Who likes the text better likes it in the next dialog as well. */
  let usuallyAsText = false;

  /**
   * @typedef {object} Options
   * @property {string} field selector of the typedInput that holds the object
   * @property {string} blank what a blank one reads, such as "msg.params"
   * @property {(field: import("./fields").Field) => ((text: string) => Promise<object>) | undefined} [rows]
   *   a live list for a field
   */

  class Form {
    /** @param {Options} options */
    constructor(options) {
      this.options = options;
      this.field = $(options.field);
      this.fields = [];
      this.asText = usuallyAsText;
      this.row = this.field.closest(".form-row");
      this.typed = this.row.find(".red-ui-typedInput-container");
      this.frame = $('<div class="homenet-form"></div>').insertAfter(this.row);
      this.addSwitch();
      this.field.on("change", () => this.writing || this.draw());
      this.draw();
    }

    /**
     * Shows these fields.
     * @param {import("./fields").Field[]} fields
     * @param {{why?: string, all?: boolean}} [known] why there are none; whether nothing else is asked for
     */
    show(fields, { why = "", all = false } = {}) {
      this.why = why;
      this.all = all;
      if (JSON.stringify(fields) !== JSON.stringify(this.fields)) this.wide = false;
      this.fields = fields;
      this.draw();
    }

    addSwitch() {
      const button = (name, icon) => {
        const text = homenet.text(`form.${name}`);
        const made = $('<button type="button" class="red-ui-button red-ui-button-small toggle"></button>');
        made.append($("<i></i>").addClass(`fa ${icon}`), " ", $("<span></span>").text(text));
        return made.on("click", () => {
          usuallyAsText = this.asText = name === "text";
          this.draw();
        });
      };
      this.buttons = { form: button("form", "fa-list-alt"), text: button("text", "fa-code") };
      this.switch = $('<span class="homenet-form-switch" role="group"></span>');
      this.switch.append(this.buttons.form, this.buttons.text).insertBefore(this.typed);
      this.note = $('<div class="homenet-form-note" role="status"></div>').appendTo(this.row);
    }

    draw() {
      // Drawn anew it would lose the place where somebody is typing: only for a reason.
      const shown = this.state();
      if (shown === this.shown) return;
      this.shown = shown;
      this.opened = homenet.fields.open(String(this.field.typedInput("value")));
      const asks = this.fields.length > 0;
      const obstacle = this.obstacle();
      const form = asks && !obstacle && !this.asText;
      this.buttons.form.toggleClass("selected", form).attr("aria-pressed", form).prop("disabled", Boolean(obstacle));
      this.buttons.text.toggleClass("selected", !form).attr("aria-pressed", !form);
      this.switch.toggle(asks);
      this.typed.toggle(!form);
      this.note.text(form ? "" : asks ? obstacle : this.why || this.strangers());
      const focus = this.frame.find(":focus").closest("[data-name]").attr("data-name");
      this.frame.empty().toggle(form);
      if (form) this.fill(focus);
    }

    state() {
      const text = [this.field.typedInput("type"), this.field.typedInput("value")];
      return JSON.stringify([...text, this.fields, this.why, this.all, this.wide, this.asText]);
    }

    // Why there can be no form; nothing where there can.
    obstacle() {
      if (this.field.typedInput("type") !== "json") return homenet.text("form.typed");
      const { problem } = this.opened;
      return problem ? homenet.text(`form.problem.${problem}`) : "";
    }

    // What is kept although nobody asks for it: of an operation that was chosen before, say.
    strangers() {
      const others = this.all && this.opened.value ? homenet.fields.others(this.opened.value, this.fields) : [];
      return others.length ? `${homenet.text("form.others")} ${others.join(", ")}` : "";
    }

    fill(focus) {
      const { value } = this.opened;
      const given = (field) => homenet.fields.get(value, field) !== undefined;
      const first = this.fields.filter((field) => field.required || given(field));
      const rest = this.fields.filter((field) => !first.includes(field));
      const all = this.wide || first.length === 0 || this.fields.length <= FEW;
      this.rows = (all ? this.fields : first).map((field) => this.addRow(field));
      if (!all) this.frame.append(this.more(rest.length));
      this.hint = $('<div class="homenet-form-hint"></div>').appendTo(this.frame);
      this.check();
      const place = this.rows.find(({ field }) => field.at.join(".") === focus);
      if (place) place.row.find("input:visible, select").first().trigger("focus");
    }

    more(count) {
      const button = $('<button type="button" class="red-ui-button red-ui-button-small homenet-form-more"></button>');
      return button.text(homenet.text("form.more", { count })).on("click", () => {
        this.wide = true;
        this.draw();
      });
    }

    addRow(field) {
      const id = `homenet-field-${++made}`;
      const name = field.at.join(".");
      const row = $('<div class="form-row homenet-form-row"></div>').attr("data-name", name).appendTo(this.frame);
      const label = $("<label></label>").attr({ for: id, title: name }).text(name).appendTo(row);
      if (field.required)
        label.append(
          $('<span class="homenet-form-required"></span>').text(" *").attr("title", homenet.text("form.required")),
        );
      const input = this.input(field, id).appendTo(row);
      const help = $('<div class="homenet-form-help"></div>').text(this.helpOf(field)).appendTo(row);
      const problem = $('<div class="homenet-form-problem" role="alert"></div>').appendTo(row).hide();
      const shown = { field, row, input, help, problem };
      input.on("input change", () => this.take(shown));
      if (field.type === "json" && !field.choices) this.addEditor(shown);
      const rows = this.options.rows && this.options.rows(field);
      if (rows) homenet.list({ field: input, rows });
      return shown;
    }

    input(field, id) {
      const value = homenet.fields.get(this.opened.value, field);
      const choices = field.type === "boolean" ? [true, false] : field.type === "list" ? undefined : field.choices;
      const text = homenet.fields.toText(field, value);
      if (!choices) {
        const input = $('<input type="text" autocomplete="off" style="width: 100%" />').attr("id", id).val(text);
        return input.attr("placeholder", field.default === undefined ? "" : String(field.default));
      }
      const select = $("<select></select>").attr("id", id);
      const offer = (text, shown = text) => select.append($("<option></option>").val(text).text(shown));
      offer("", field.default === undefined ? "" : `${homenet.text("form.default")} ${field.default}`);
      const offered = choices.map(String);
      for (const choice of offered) offer(choice);
      // What was typed by hand stays, allowed or not.
      if (text !== "" && !offered.includes(text)) offer(text);
      return select.val(text);
    }

    addEditor(shown) {
      const { input } = shown;
      input.typedInput({ types: ["json"], default: "json" });
      input.typedInput("width", "100%");
    }

    helpOf({ description = "", type, items, choices, minimum, maximum }) {
      const said = [description.replace(/\.$/, "")];
      if (type === "list") said.push(homenet.text("form.list"));
      if (type === "list" && choices) said.push(`${homenet.text("form.choices")} ${choices.join(", ")}`);
      if (minimum !== undefined) said.push(`≥ ${minimum}`);
      if (maximum !== undefined) said.push(`≤ ${maximum}`);
      const kind = type === "list" ? items : type;
      if (!choices && kind !== "string" && kind !== "boolean") said.push(homenet.text(`form.type.${kind}`));
      return said.filter(Boolean).join(" · ");
    }

    // Only what somebody touches is written: all else stays as it was typed. What cannot be right is kept as well.
    take({ field, input }) {
      const { get, put, toText, toValue } = homenet.fields;
      const text = String(input.val());
      const { value, problem } = toValue(field, text);
      const before = toText(field, get(this.opened.value, field));
      const after = problem ? text : value;
      if (toText(field, after) !== before && put(this.opened.value, field, after)) this.write();
      this.check();
    }

    write() {
      this.writing = true;
      this.field.typedInput("value", homenet.fields.write(this.opened));
      this.field.trigger("change");
      this.writing = false;
      this.shown = this.state();
    }

    check() {
      const { value } = this.opened;
      const blank = Object.keys(value).length === 0;
      for (const { field, row, input, problem } of this.rows) {
        const text = String(input.val());
        const wrong = this.wrong(field, text, blank);
        problem.text(wrong).toggle(Boolean(wrong));
        row.find("input, select, .red-ui-typedInput-container").toggleClass("input-error", Boolean(wrong));
      }
      this.hint.text(blank ? homenet.text("form.blank", { source: this.options.blank }) : this.strangers());
    }

    // Texts of a controller's stand beside ours, never in them: ours have placeholders.
    wrong(field, text, blank) {
      const { problem } = homenet.fields.toValue(field, text);
      if (problem === "choice") return `${homenet.text("form.choices")} ${field.choices.join(", ")}`;
      if (problem) return homenet.text(`form.wrong.${problem}`, { least: field.minimum, most: field.maximum });
      const missing = field.required && !blank && homenet.fields.get(this.opened.value, field) === undefined;
      if (missing) return homenet.text("form.missing");
      return text.trim() !== "" && homenet.fields.get(this.opened.value, field) === undefined
        ? homenet.text("form.wrong.place")
        : "";
    }
  }

  /**
   * Gives a typedInput that holds a JSON object a form beside its text.
   * @param {Options} options
   * @returns {{show(fields: import("./fields").Field[], known?: {why?: string, all?: boolean}): void}}
   */
  homenet.form = (options) => new Form(options);

  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "resources/@homenet/node-red-homenet/form.css";
  document.head.append(style);
})();
