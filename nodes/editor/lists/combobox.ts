// A field with a searchable list, for mouse and keyboard. The list only suggests: any text may be typed.
import { text } from "../core";
import { Listbox, type Row } from "./listbox";

/** The rows of a list, or why there are none; `empty` says so where that is no failure. */
export type Rows<R extends Row = Row> =
  { rows: R[]; empty?: string; error?: undefined } | { error: { message: string } };

interface ComboboxOptions<R extends Row = Row> {
  /** The input, a typedInput or a plain one, or its selector. */
  field: string | JQuery;
  /** Called when the list opens; with `searchesRemotely` for each change of the text as well. */
  fetchRows: (query: string) => Promise<Rows<R>>;
  /** Whether `fetchRows` searches; if not, the list is fetched once and searched here. */
  searchesRemotely?: boolean;
  /** Whether the field holds several values, separated by commas. */
  multiple?: boolean;
  /** Called for the chosen row, instead of putting its value into the field. */
  onChoose?: (row: R) => void;
}

const SEARCH_DELAY_MS = 200;

class Combobox<R extends Row = Row> {
  readonly #options: ComboboxOptions<R>;
  readonly #field: JQuery;
  /** A typedInput has an input of its own, beside the field that is saved. */
  readonly #isTyped: boolean;
  readonly #input: JQuery;
  readonly #listbox: Listbox<R>;
  /** Whether the rows shown belong to an earlier text than the one in the field. */
  #isOutdated = false;
  /** Number of the last request: responses to earlier ones are dropped. */
  #request = 0;
  #cached: R[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ComboboxOptions<R>) {
    this.#options = options;
    this.#field = typeof options.field === "string" ? $(options.field) : options.field;
    this.#isTyped = this.#field.hasClass("red-ui-typedInput");
    this.#input = this.#isTyped
      ? this.#field.nextAll(".red-ui-typedInput-container").first().find(".red-ui-typedInput-input")
      : this.#field;
    const button = this.#addButton();
    this.#listbox = new Listbox(this.#input, {
      onChoose: (row) => this.#choose(row),
      onDismiss: () => this.#close(),
    });
    this.#listen(button);
  }

  invalidate(): void {
    this.#cached = undefined;
    this.#close();
  }

  #addButton(): JQuery {
    const label = text("list.open");
    const button = $('<button type="button" class="homenet-list-button"><i class="fa fa-search"></i></button>');
    button.attr({ title: label, "aria-label": label, tabindex: -1 });
    if (this.#isTyped) this.#input.closest(".red-ui-typedInput-input-wrap").after(button);
    else {
      const [, width = "70%"] = /width:\s*([^;]+)/.exec(this.#field.attr("style") ?? "") ?? [];
      this.#field.wrap($('<div class="homenet-list-field"></div>').css("width", width));
      this.#field.css("width", "100%").after(button);
    }
    return button;
  }

  #listen(button: JQuery): void {
    const input = this.#input;
    button.on("mousedown", (event) => event.preventDefault());
    button.on("click", () => {
      input.trigger("focus");
      if (this.#listbox.isOpen) this.#close();
      else this.#open();
    });
    input.on("click", () => {
      if (!this.#listbox.isOpen) this.#open();
    });
    input.on("input", () => {
      this.#outdate();
      const delayMs = this.#options.searchesRemotely ? SEARCH_DELAY_MS : 0;
      this.#timer = setTimeout(() => this.#search(), delayMs);
    });
    input.on("keydown", (event) => this.#onKey(event));
    input.on("blur", () => this.#close());
    if (this.#isTyped) this.#field.on("change", () => button.toggle(this.#applies()));
    button.toggle(this.#applies());
  }

  // The list is of values; an expression or the name of a property is none.
  #applies(): boolean {
    return !this.#isTyped || this.#field.typedInput("type") === "str";
  }

  #onKey(event: JQuery.KeyDownEvent): void {
    const { key } = event;
    const { isOpen, activeRow } = this.#listbox;
    const withControl = event.ctrlKey || event.metaKey;
    // Node-RED's keys for "Done" and "Cancel".
    if (withControl && (key === "Enter" || key === "Escape")) return this.#close();
    if (withControl || !this.#applies() || (!isOpen && key !== "ArrowDown")) return;
    switch (key) {
      case "ArrowDown":
        if (isOpen) this.#listbox.move(1);
        else this.#open();
        break;
      case "ArrowUp":
        this.#listbox.move(-1);
        break;
      case "Enter":
        // What the text finds, not what is still shown.
        if (this.#isOutdated) this.#chooseFound();
        else if (activeRow) this.#choose(activeRow);
        else return this.#close();
        break;
      case "Escape":
        this.#close();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #outdate(): void {
    clearTimeout(this.#timer);
    this.#request++;
    this.#isOutdated = true;
    this.#listbox.setBusy(true);
  }

  // The part of the text that is being typed: the last of several.
  #query(): string {
    const value = String(this.#input.val());
    const name = value.slice(this.#options.multiple ? startOfLast(value) : 0).trim();
    // Of a name in quotes that is still being typed, the name.
    return this.#options.multiple ? name.replace(/^"(.*?)"?$/, "$1") : name;
  }

  /** Opens the whole list. */
  #open(): void {
    this.#update(false).catch(() => this.#close());
  }

  /** Shows what the text finds. */
  #search(): void {
    this.#update(true).catch(() => this.#close());
  }

  #chooseFound(): void {
    clearTimeout(this.#timer);
    const choose = (): void => {
      const { activeRow } = this.#listbox;
      if (!this.#isOutdated && activeRow) this.#choose(activeRow);
    };
    this.#update(true).then(choose, () => this.#close());
  }

  async #update(filtered: boolean): Promise<void> {
    const [element] = this.#input;
    if (!this.#applies() || !element || !document.contains(element)) return;
    const request = ++this.#request;
    const query = filtered ? this.#query() : "";
    const remote = this.#options.searchesRemotely === true;
    if (!this.#cached) this.#show([], { message: text("list.loading"), busy: true });
    const response: Rows<R> = this.#cached
      ? { rows: this.#cached }
      : await this.#options.fetchRows(remote ? query : "");
    // Another text, another config node or a closed list came in between.
    if (request !== this.#request || document.activeElement !== element) return;
    if (response.error) return this.#show([], { message: response.error.message, failed: true });
    if (!remote) this.#cached = response.rows;
    const rows = remote ? response.rows : response.rows.filter(matching(query));
    const noneKey = remote && query ? "list.noneFound" : response.rows.length > 0 ? "list.noMatch" : "list.empty";
    const none = response.rows.length === 0 ? response.empty : undefined;
    this.#show(rows, rows.length === 0 ? { message: none ?? text(noneKey) } : undefined);
    // Enter must not replace what was typed to its end by another row.
    const typed = this.#query();
    const exact = rows.findIndex(({ value, label }) => value === typed || label === typed);
    const active = exact < 0 && query ? 0 : exact;
    if (rows[active]) this.#listbox.activate(active);
  }

  #show(...shown: Parameters<Listbox<R>["show"]>): void {
    this.#isOutdated = false;
    this.#listbox.show(...shown);
  }

  #choose(row: R): void {
    this.#close();
    if (this.#options.onChoose) return this.#options.onChoose(row);
    const typed = String(this.#input.val());
    const before = this.#options.multiple ? typed.slice(0, startOfLast(typed)) : "";
    const value = before ? `${before.trimEnd()} ${row.value}` : row.value;
    if (this.#isTyped) this.#field.typedInput("value", value);
    else this.#field.val(value);
    this.#field.trigger("change");
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#request++;
    this.#isOutdated = false;
    this.#listbox.close();
  }
}

/**
 * Adds a list to a field.
 * @returns `invalidate` drops the cached rows: the list is fetched again when it opens next
 */
export function addCombobox<R extends Row = Row>(options: ComboboxOptions<R>): Pick<Combobox<R>, "invalidate"> {
  return new Combobox(options);
}

/** Where the last of several values begins. A comma inside quotes, closed or not, is a part of a value. */
function startOfLast(values: string): number {
  const [before = ""] = /^(?:\s*"(?:[^"]|"")*"\s*,|(?!\s*"(?:[^"]|"")*$)[^,]*,)*/.exec(values) ?? [];
  return before.length;
}

/** Whether every word of the query is somewhere in a row. */
function matching(query: string): (row: Row) => boolean {
  const words = normalize(query).split(/\s+/).filter(Boolean);
  return ({ value, label = "", detail = "" }) => {
    const all = normalize(`${value} ${label} ${detail}`);
    return words.every((word) => all.includes(word));
  };
}

/** Upper case and accents do not matter. */
function normalize(word: string): string {
  return word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
