import { STATUS_CODES, type ServerResponse } from "node:http";

/** What a simulator answers. A `body` that is no string and no bytes is sent as JSON. */
export interface SimulatedResponse {
  /** Default 200. */
  status?: number;
  /** `content-type` defaults to JSON; an empty string leaves it out, as some platforms do. */
  headers?: Record<string, string | string[]>;
  body: unknown;
}

/** Sends an answer as it should be. */
export function send(response: ServerResponse, answer: SimulatedResponse): void {
  const body = bytes(answer);
  response.writeHead(answer.status ?? 200, { ...headersOf(answer), "content-length": body.length });
  response.end(body);
}

/** An answer's body, as it goes over the wire. */
export function bytes({ body }: SimulatedResponse): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/**
 * An answer's head, as it goes over the wire.
 * @param length what it says of its body: so many bytes, or `chunked`
 */
export function head(answer: SimulatedResponse, length: number | "chunked"): string {
  const { status = 200 } = answer;
  const framing = length === "chunked" ? { "transfer-encoding": "chunked" } : { "content-length": String(length) };
  const lines = Object.entries({ ...headersOf(answer), ...framing }).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`, ...lines, "", ""].join("\r\n");
}

/** An answer's headers but for its length. */
export function headersOf({ headers = {} }: SimulatedResponse): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { "content-type": "application/json;charset=UTF-8", ...headers };
  if (all["content-type"] === "") delete all["content-type"];
  return all;
}
