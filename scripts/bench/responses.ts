// Response bodies, prepared once so that the server costs as little as possible.

/** What the tables call "2 KB" and "165 KB". */
const SMALL_BYTES = 2048;
const LARGE_BYTES = 168_602;
/** Keys of a client's row, as many as a controller sends. */
const KEYS_PER_ROW = 46;

/** One row with as many keys as a real one. */
function clientRow(number: number): object {
  const mac = `02-00-5E-${hex(number >> 16)}-${hex(number >> 8)}-${hex(number)}`;
  const fields: [string, unknown][] = [
    ["id", `c${String(number).padStart(23, "0")}`],
    ["mac", mac],
    ["name", `Client ${number}`],
    ["ip", `10.20.${(number >> 8) & 255}.${number & 255}`],
    ["wireless", number % 2 === 0],
    ["signalLevel", number % 100],
  ];
  while (fields.length < KEYS_PER_ROW) {
    const at = fields.length;
    fields.push([`field${at}`, at % 3 === 0 ? number * at : at % 3 === 1 ? `value ${number % 97}` : at % 2 === 0]);
  }
  return Object.fromEntries(fields);
}

const hex = (number: number): string => (number & 255).toString(16).toUpperCase().padStart(2, "0");

/** Pads the object that `build` returns, so that its JSON has exactly that length. */
function padTo(bytes: number, build: (padding: string) => object): string {
  const missing = bytes - JSON.stringify(build("")).length;
  if (missing < 0) throw new Error(`A response of ${bytes} bytes is too small for its content.`);
  return JSON.stringify(build("x".repeat(missing)));
}

const siteEntry = (padding: string): object => ({
  siteId: "6".padEnd(24, "0"),
  name: "Bench",
  note: padding,
  row: clientRow(1),
});

/** The rows that fit into a large response. */
const MAX_ROWS = Math.floor((LARGE_BYTES - 300) / (JSON.stringify(clientRow(100)).length + 8));
const list = (): object => page(1, MAX_ROWS, MAX_ROWS);

export const OMADA = {
  small: padTo(SMALL_BYTES, (padding) => ({ errorCode: 0, msg: "Success.", result: siteEntry(padding) })),
  large: padTo(LARGE_BYTES, (padding) => ({ errorCode: 0, msg: padding, result: list() })),
};
export const ROUTER = {
  small: padTo(SMALL_BYTES, (padding) => ({ stat: "ok", response: siteEntry(padding) })),
  large: padTo(LARGE_BYTES, (padding) => ({ stat: "ok", message: padding, response: list() })),
};
const sysinfo = (padding: string): string =>
  JSON.stringify({ system: { get_sysinfo: { err_code: 0, alias: "Bench", relay_state: 1, note: padding } } });
export const KASA = padTo(SMALL_BYTES, (padding) => ({ error_code: 0, result: { responseData: sysinfo(padding) } }));

function rows(first: number, count: number): object[] {
  return Array.from({ length: count }, (_, index) => clientRow(first + index));
}

function page(number: number, size: number, totalRows: number): object {
  return { totalRows, currentPage: number, currentSize: size, data: rows((number - 1) * size + 1, size) };
}

/** One page of clients, each with as many keys as a real one. */
export const clientsPage = (number: number, size: number, totalRows: number): string =>
  JSON.stringify({ errorCode: 0, msg: "Success.", result: page(number, size, totalRows) });

/** A megabyte: one page of 1,000 clients. */
export const MEGABYTE = clientsPage(1, 1000, 1000);

/** One page of a long list, with short rows: the number of pages matters, not their size. */
export function shortPage(number: number, size: number, totalRows: number): string {
  const data = Array.from({ length: size }, (_, index) => ({
    mac: macOf((number - 1) * size + index),
    name: "Client",
  }));
  return JSON.stringify({ errorCode: 0, msg: "", result: { totalRows, currentPage: number, currentSize: size, data } });
}

const macOf = (number: number): string => `02-00-${[24, 16, 8, 0].map((shift) => hex(number >> shift)).join("-")}`;
