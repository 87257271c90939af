// The list that a combobox opens below its field.
import { text } from "../core";

/** One row of a list. All of it is shown as text, whatever is in it. */
export interface Row {
  /** Goes into the field. */
  value: string;
  /** What people call it; the value by default. */
  label?: string | undefined;
  /** Shown beside the label, and searched as well. */
  detail?: string;
  /** Shown on a line of its own. */
  below?: string;
  /** Whether it cannot be used at present. */
  dim?: boolean;
}

/** A line below the rows, or instead of them. */
interface Note {
  message: string;
  failed?: boolean;
  busy?: boolean;
}

interface ListboxEvents<R extends Row> {
  onChoose: (row: R) => void;
  /** Somebody scrolls: the list has to be closed. */
  onDismiss: () => void;
}

const MAX_ROWS = 100;
const MAX_WIDTH_PX = 480;
const MAX_HEIGHT_PX = 320;
/** With less room than that below the field, the list opens above it. */
const MIN_HEIGHT_BELOW_PX = 180;
const MARGIN_PX = 10;
let count = 0;

export class Listbox<R extends Row> {
  readonly #input: JQuery;
  readonly #events: ListboxEvents<R>;
  readonly #id = `homenet-list-${++count}`;
  #panel: JQuery | undefined;
  #rows: R[] = [];
  #active = -1;

  /** @param input the list is placed at it, and it keeps the focus */
  constructor(input: JQuery, events: ListboxEvents<R>) {
    this.#input = input;
    this.#events = events;
    input.attr({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", autocomplete: "off" });
  }

  get isOpen(): boolean {
    return this.#panel !== undefined;
  }

  /** The row that Enter takes. */
  get activeRow(): R | undefined {
    return this.#rows[this.#active];
  }

  /** Opens the list, or shows other rows in it; no row is active. */
  show(rows: readonly R[], note?: Note): void {
    const panel = (this.#panel ??= this.#addPanel());
    this.#rows = rows.slice(0, MAX_ROWS);
    this.#active = -1;
    const more = rows.length - this.#rows.length;
    const shownNote = more > 0 ? { message: text("list.more", { count: more }) } : note;
    const list = $('<ul role="listbox"></ul>').attr("id", this.#id);
    for (const [index, row] of this.#rows.entries()) list.append(this.#createItem(row, index));
    panel.empty();
    if (this.#rows.length > 0) panel.append(list);
    if (shownNote) panel.append(createNote(shownNote));
    this.setBusy(shownNote?.busy === true);
    this.#place(panel);
    this.#input.attr({ "aria-expanded": "true", "aria-controls": this.#id }).removeAttr("aria-activedescendant");
  }

  /** Says whether other rows are on their way. */
  setBusy(busy: boolean): void {
    this.#panel?.attr("aria-busy", String(busy));
  }

  /** Makes the row active that many places further down; at the ends of the list it stops. */
  move(by: number): void {
    this.activate(Math.max(0, Math.min(this.#active + by, this.#rows.length - 1)));
  }

  activate(index: number): void {
    const items = this.#panel?.find("li").removeClass("homenet-list-active").attr("aria-selected", "false");
    const item = items?.eq(index).addClass("homenet-list-active").attr("aria-selected", "true");
    this.#active = index;
    this.#input.attr("aria-activedescendant", item?.attr("id") ?? null);
    item?.[0]?.scrollIntoView({ block: "nearest" });
  }

  close(): void {
    this.#rows = [];
    this.#active = -1;
    this.#input.attr("aria-expanded", "false").removeAttr("aria-activedescendant");
    document.removeEventListener("scroll", this.#onScroll, true);
    this.#panel?.remove();
    this.#panel = undefined;
  }

  #addPanel(): JQuery {
    const panel = $('<div class="homenet-list"></div>').appendTo(document.body);
    // A click into the list must not take the focus out of the field.
    panel.on("mousedown", (event) => event.preventDefault());
    document.addEventListener("scroll", this.#onScroll, true);
    return panel;
  }

  // A dialog that scrolls would leave the list behind; a long text scrolls only within its field.
  readonly #onScroll = ({ target }: Event): void => {
    if (target !== this.#input[0] && !this.#panel?.[0]?.contains(target as Node)) this.#events.onDismiss();
  };

  #createItem(row: R, index: number): JQuery {
    const item = $('<li role="option" aria-selected="false"></li>').attr("id", `${this.#id}-${index}`);
    item.append($('<span class="homenet-list-label"></span>').text(row.label || row.value));
    if (row.detail) item.append($('<span class="homenet-list-detail"></span>').text(row.detail));
    if (row.below) item.append($('<span class="homenet-list-below"></span>').text(row.below));
    item.toggleClass("homenet-list-dim", row.dim === true);
    return item.on("click", () => this.#events.onChoose(row));
  }

  #place(panel: JQuery): void {
    const container = this.#input.closest(".red-ui-typedInput-container");
    const [field] = container.length > 0 ? container : this.#input;
    if (!field) return;
    const { left, top, bottom, width } = field.getBoundingClientRect();
    const roomBelow = window.innerHeight - bottom - MARGIN_PX;
    const upwards = roomBelow < MIN_HEIGHT_BELOW_PX && top > roomBelow;
    panel.css({
      minWidth: width,
      maxWidth: Math.min(Math.max(width, MAX_WIDTH_PX), window.innerWidth - MARGIN_PX),
      maxHeight: Math.min(MAX_HEIGHT_PX, upwards ? top - MARGIN_PX : roomBelow),
      ...(upwards ? { top: "auto", bottom: window.innerHeight - top + 2 } : { top: bottom + 2, bottom: "auto" }),
    });
    // Aligned with its field, unless it is too wide for that.
    const lastLeft = window.innerWidth - (panel.outerWidth() ?? 0) - MARGIN_PX;
    panel.css("left", Math.max(0, Math.min(left, lastLeft)));
  }
}

function createNote({ message, failed = false, busy = false }: Note): JQuery {
  const note = $('<div class="homenet-list-note" role="status"></div>').toggleClass("homenet-list-failed", failed);
  if (busy) note.append('<i class="fa fa-circle-o-notch fa-spin"></i> ');
  note.append($("<span></span>").text(message));
  if (failed) note.append($("<div></div>").text(text("list.kept")));
  return note;
}
