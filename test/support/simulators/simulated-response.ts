import { STATUS_CODES, type ServerResponse } from "node:http";

/** The response of a simulator. A `body` that is neither a string nor a Buffer is sent as JSON. */
export interface SimulatedResponse {
  /** Default 200. */
  status?: number;
  /** `content-type` defaults to JSON; an empty string omits it, as some platforms do. */
  headers?: Record<string, string | string[]>;
  body: unknown;
}

/** Sends a response as it is. */
export function sendResponse(serverResponse: ServerResponse, response: SimulatedResponse): void {
  const body = encodeBody(response);
  serverResponse.writeHead(response.status ?? 200, { ...headersOf(response), "content-length": body.length });
  serverResponse.end(body);
}

export function encodeBody({ body }: SimulatedResponse): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/**
 * The status line and the headers of a response.
 * @param length the declared length of the body in bytes, or `chunked`
 */
export function encodeHead(response: SimulatedResponse, length: number | "chunked"): string {
  const { status = 200 } = response;
  const framing = length === "chunked" ? { "transfer-encoding": "chunked" } : { "content-length": String(length) };
  const lines = Object.entries({ ...headersOf(response), ...framing }).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`, ...lines, "", ""].join("\r\n");
}

/** The headers of a response, except for its length. */
export function headersOf({ headers = {} }: SimulatedResponse): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { "content-type": "application/json;charset=UTF-8", ...headers };
  if (all["content-type"] === "") delete all["content-type"];
  return all;
}
