/** Canned answers: made once, so that the server costs as little as it can. */

/** So many bytes of JSON are "2 KB" and "165 KB". */
const SMALL_BYTES = 2048;
const LARGE_BYTES = 168_602;
/** Of a row, as a controller sends one for a client. */
const KEYS = 46;

/** One row with as many keys as a real one. */
function row(number: number): object {
  const mac = `02-00-5E-${hex(number >> 16)}-${hex(number >> 8)}-${hex(number)}`;
  const fields: [string, unknown][] = [
    ["id", `c${String(number).padStart(23, "0")}`],
    ["mac", mac],
    ["name", `Client ${number}`],
    ["ip", `10.20.${(number >> 8) & 255}.${number & 255}`],
    ["wireless", number % 2 === 0],
    ["signalLevel", number % 100],
  ];
  while (fields.length < KEYS) {
    const at = fields.length;
    fields.push([`field${at}`, at % 3 === 0 ? number * at : at % 3 === 1 ? `value ${number % 97}` : at % 2 === 0]);
  }
  return Object.fromEntries(fields);
}

const hex = (number: number): string => (number & 255).toString(16).toUpperCase().padStart(2, "0");

/** Pads the object that `make` makes, so that its JSON is exactly so long. */
function padded(bytes: number, make: (filling: string) => object): string {
  const missing = bytes - JSON.stringify(make("")).length;
  if (missing < 0) throw new Error(`An answer of ${bytes} bytes is too small for what it must hold.`);
  return JSON.stringify(make("x".repeat(missing)));
}

const SITE = (filling: string): object => ({ siteId: "6".padEnd(24, "0"), name: "Bench", note: filling, row: row(1) });

/** As many rows as fit. */
const MOST_ROWS = Math.floor((LARGE_BYTES - 300) / (JSON.stringify(row(100)).length + 8));
const list = (): object => page(1, MOST_ROWS, MOST_ROWS);

export const OMADA = {
  small: padded(SMALL_BYTES, (filling) => ({ errorCode: 0, msg: "Success.", result: SITE(filling) })),
  large: padded(LARGE_BYTES, (filling) => ({ errorCode: 0, msg: filling, result: list() })),
};
export const ROUTER = {
  small: padded(SMALL_BYTES, (filling) => ({ stat: "ok", response: SITE(filling) })),
  large: padded(LARGE_BYTES, (filling) => ({ stat: "ok", message: filling, response: list() })),
};
const sysinfo = (filling: string): string =>
  JSON.stringify({ system: { get_sysinfo: { err_code: 0, alias: "Bench", relay_state: 1, note: filling } } });
export const KASA = padded(SMALL_BYTES, (filling) => ({ error_code: 0, result: { responseData: sysinfo(filling) } }));

function rows(first: number, count: number): object[] {
  return Array.from({ length: count }, (_, index) => row(first + index));
}

function page(number: number, size: number, totalRows: number): object {
  return { totalRows, currentPage: number, currentSize: size, data: rows((number - 1) * size + 1, size) };
}

/** One page of clients, each with as many keys as a real one. */
export const clientsPage = (number: number, size: number, totalRows: number): string =>
  JSON.stringify({ errorCode: 0, msg: "Success.", result: page(number, size, totalRows) });

/** A megabyte: one page of 1,000 clients. */
export const MEGABYTE = clientsPage(1, 1000, 1000);

/** One page of a long list. Its rows are short: many pages are to be read, not much of each. */
export function shortPage(number: number, size: number, totalRows: number): string {
  const data = Array.from({ length: size }, (_, index) => ({
    mac: macOf((number - 1) * size + index),
    name: "Client",
  }));
  return JSON.stringify({ errorCode: 0, msg: "", result: { totalRows, currentPage: number, currentSize: size, data } });
}

export const macOf = (number: number): string =>
  `02-00-${[24, 16, 8, 0].map((shift) => hex(number >> shift)).join("-")}`;
