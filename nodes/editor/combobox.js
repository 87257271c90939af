// A field with a searchable list: by mouse and by keyboard. What is typed always counts, listed or not.
(function () {
  "use strict";

  const MOST_ROWS = 100;
  const WIDEST = 480;
  const TYPING_MS = 200;
  const CLOSED = { open: false, outdated: false, rows: [], active: -1 };
  let made = 0;

  /**
   * One row of a list. All of it is shown as text, whatever is in it.
   * @typedef {object} Row
   * @property {string} value goes into the field
   * @property {string} [label] what people call it; the value where there is none
   * @property {string} [detail] shown beside it, and searched as well
   * @property {string} [below] shown on a line of its own
   * @property {boolean} [dim] whether it cannot be used just now
   */

  /**
   * @typedef {object} Options
   * @property {string} field selector of the input, a typedInput or a plain one
   * @property {(text: string) => Promise<{rows?: Row[], error?: {message: string}}>} rows
   *   called when the list opens; with `searches` for each change of the text
   * @property {boolean} [searches] whether `rows` searches by itself; else the list is read once and searched here
   * @property {string} [type] of the typedInput for which the list is; "str" where nothing is said
   * @property {boolean} [several] whether the field holds many, comma separated
   * @property {(row: Row) => void} [choose] in place of putting the value into the field
   */

  class List {
    /** @param {Options} options */
    constructor(options) {
      this.options = options;
      this.field = $(options.field);
      this.typed = this.field.hasClass("red-ui-typedInput");
      this.input = this.typed
        ? this.field.nextAll(".red-ui-typedInput-container").first().find(".red-ui-typedInput-input")
        : this.field;
      this.id = `homenet-list-${++made}`;
      this.state = { ...CLOSED };
      this.asked = 0;
      this.known = undefined;
      this.button = this.addButton();
      this.listen();
    }

    /** Forgets what was read: the next opening reads anew. */
    forget() {
      this.known = undefined;
      this.asked++;
      this.close();
    }

    addButton() {
      const button = $('<button type="button" class="homenet-list-button"><i class="fa fa-search"></i></button>');
      button.attr({ title: homenet.text("list.open"), "aria-label": homenet.text("list.open"), tabindex: -1 });
      const style = /width:\s*([^;]+)/.exec(this.field.attr("style") || "");
      if (this.typed) this.input.closest(".red-ui-typedInput-input-wrap").after(button);
      else {
        const frame = $('<div class="homenet-list-field"></div>').css("width", style ? style[1] : "70%");
        this.field.wrap(frame).css("width", "100%").after(button);
      }
      this.input.attr({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", autocomplete: "off" });
      return button;
    }

    listen() {
      const { input, button } = this;
      button.on("mousedown", (event) => event.preventDefault());
      button.on("click", async () => {
        input.trigger("focus");
        if (this.state.open) this.close();
        else await this.open(false);
      });
      input.on("click", () => this.state.open || this.open(false));
      input.on("input", () => {
        this.outdate();
        this.typing = setTimeout(
          () => {
            this.open(true).catch(() => this.close());
          },
          this.options.searches ? TYPING_MS : 0,
        );
      });
      input.on("keydown", (event) => this.press(event));
      input.on("blur", () => this.close());
      if (this.typed) this.field.on("change", () => button.toggle(this.applies()));
      button.toggle(this.applies());
    }

    applies() {
      return !this.typed || this.field.typedInput("type") === (this.options.type || "str");
    }

    press(event) {
      const { open, outdated, rows, active } = this.state;
      const act = {
        ArrowDown: () => (open ? this.activate(Math.min(active + 1, rows.length - 1)) : this.open(false)),
        ArrowUp: () => (open ? this.activate(Math.max(active - 1, 0)) : undefined),
        Enter: () => (outdated ? this.catchUp() : this.choose(rows[active])),
        Escape: () => this.close(),
      }[event.key];
      const control = event.ctrlKey || event.metaKey;
      // They end the dialog.
      if (control && (event.key === "Enter" || event.key === "Escape")) return this.close();
      if (!act || control || !this.applies()) return;
      if (!open && event.key !== "ArrowDown") return;
      if (event.key === "Enter" && !outdated && !rows[active]) return this.close();
      event.preventDefault();
      act();
    }

    // What is shown, or still on its way, belongs to another text.
    outdate() {
      clearTimeout(this.typing);
      this.asked++;
      this.state.outdated = true;
      if (this.panel) this.panel.attr("aria-busy", "true");
    }

    // Enter takes what the text finds, not what is still shown.
    async catchUp() {
      clearTimeout(this.typing);
      await this.open(true);
      const { outdated, rows, active } = this.state;
      if (!outdated && rows[active]) this.choose(rows[active]);
    }

    // The part of the text that is being typed: the last of several.
    sought() {
      const value = String(this.input.val());
      return (this.options.several ? value.slice(value.lastIndexOf(",") + 1) : value).trim();
    }

    async open(filtered) {
      if (!this.applies() || !document.contains(this.input[0])) return;
      const asked = ++this.asked;
      const sought = this.sought();
      if (!this.known) this.show([], { message: homenet.text("list.loading"), busy: true });
      const answer = this.known || (await this.options.rows(this.options.searches && filtered ? sought : ""));
      // Another text, another config node or a closed list came in between.
      if (asked !== this.asked || document.activeElement !== this.input[0]) return;
      if (answer.error) return this.show([], { message: answer.error.message, failed: true });
      if (!this.options.searches) this.known = answer;
      const rows = filtered && !this.options.searches ? answer.rows.filter(matching(sought)) : answer.rows;
      this.show(
        rows,
        rows.length === 0 ? { message: homenet.text(this.whyNone(answer, filtered && sought)) } : undefined,
      );
      // Enter must not put another in the place of what was typed to the end.
      const typed = rows.findIndex(({ value, label }) => value === sought || label === sought);
      const current = typed < 0 && filtered && sought ? 0 : typed;
      if (rows[current]) this.activate(current);
    }

    whyNone({ rows }, sought) {
      if (this.options.searches && sought) return "list.noneFound";
      return rows.length ? "list.noMatch" : "list.empty";
    }

    show(rows, note) {
      if (!this.panel) {
        this.panel = $('<div class="homenet-list"></div>').appendTo(document.body);
        // A click into the list must not take the focus out of the field.
        this.panel.on("mousedown", (event) => event.preventDefault());
        // What moves beneath it leaves it behind; a text that grows moves only within its field.
        this.scrolled = ({ target }) => {
          if (target !== this.input[0] && !this.panel[0].contains(target)) this.close();
        };
        document.addEventListener("scroll", this.scrolled, true);
      }
      const shown = rows.slice(0, MOST_ROWS);
      const list = $('<ul role="listbox"></ul>').attr("id", this.id);
      shown.forEach((row, index) => list.append(this.item(row, index)));
      this.panel.empty().append(shown.length ? list : []);
      if (rows.length > shown.length) note = { message: homenet.text("list.more", { count: rows.length - MOST_ROWS }) };
      if (note) this.panel.append(this.note(note));
      this.place();
      this.state = { open: true, outdated: false, rows: shown, active: -1 };
      this.panel.attr("aria-busy", String(Boolean(note && note.busy)));
      this.input.attr({ "aria-expanded": "true", "aria-controls": this.id }).removeAttr("aria-activedescendant");
    }

    item(row, index) {
      const item = $('<li role="option" aria-selected="false"></li>').attr("id", `${this.id}-${index}`);
      item.append($('<span class="homenet-list-label"></span>').text(row.label || row.value));
      if (row.detail) item.append($('<span class="homenet-list-detail"></span>').text(row.detail));
      if (row.below) item.append($('<span class="homenet-list-below"></span>').text(row.below));
      item.toggleClass("homenet-list-dim", Boolean(row.dim));
      item.on("click", () => this.choose(row));
      return item;
    }

    note({ message, failed, busy }) {
      const note = $('<div class="homenet-list-note" role="status"></div>').toggleClass(
        "homenet-list-failed",
        !!failed,
      );
      if (busy) note.append('<i class="fa fa-circle-o-notch fa-spin"></i> ');
      note.append($("<span></span>").text(message));
      if (failed) note.append($("<div></div>").text(homenet.text("list.kept")));
      return note;
    }

    place() {
      const field = (this.typed ? this.input.closest(".red-ui-typedInput-container") : this.input)[0];
      const { left, top, bottom, width } = field.getBoundingClientRect();
      const below = window.innerHeight - bottom - 10;
      const upwards = below < 180 && top > below;
      this.panel.css({
        minWidth: width,
        maxWidth: Math.min(Math.max(width, WIDEST), window.innerWidth - 10),
        maxHeight: Math.min(320, upwards ? top - 10 : below),
        ...(upwards ? { top: "auto", bottom: window.innerHeight - top + 2 } : { top: bottom + 2, bottom: "auto" }),
      });
      // Below its field, unless it is too wide for that.
      this.panel.css("left", Math.max(0, Math.min(left, window.innerWidth - this.panel.outerWidth() - 10)));
    }

    activate(index) {
      const items = this.panel.find("li").removeClass("homenet-list-active").attr("aria-selected", "false");
      const item = items.eq(index).addClass("homenet-list-active").attr("aria-selected", "true");
      this.state.active = index;
      this.input.attr("aria-activedescendant", item.attr("id"));
      if (item[0]) item[0].scrollIntoView({ block: "nearest" });
    }

    choose(row) {
      this.close();
      if (this.options.choose) return this.options.choose(row);
      const whole = String(this.input.val());
      const before = this.options.several ? whole.slice(0, whole.lastIndexOf(",") + 1) : "";
      const value = before ? `${before.trimEnd()} ${row.value}` : row.value;
      if (this.typed) this.field.typedInput("value", value);
      else this.field.val(value);
      this.field.trigger("change");
    }

    close() {
      clearTimeout(this.typing);
      this.asked++;
      this.state = { ...CLOSED };
      this.input.attr("aria-expanded", "false").removeAttr("aria-activedescendant");
      if (!this.panel) return;
      document.removeEventListener("scroll", this.scrolled, true);
      this.panel.remove();
      this.panel = undefined;
    }
  }

  // Every word that was typed must be somewhere in a row.
  function matching(sought) {
    const words = plain(sought).split(/\s+/).filter(Boolean);
    return ({ value, label = "", detail = "" }) => {
      const all = plain(`${value} ${label} ${detail}`);
      return words.every((word) => all.includes(word));
    };
  }

  function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  /**
   * Gives a field a searchable list.
   * @param {Options} options
   * @returns {{forget(): void}}
   */
  homenet.list = (options) => new List(options);
})();
