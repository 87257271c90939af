import type { Json } from "../kasa/firmware";
import type { SimulatedResponse } from "../simulated-response";

/** The spellings of an error (tapo-cloud.md section 8). */
export type ErrorForm = "code" | "errorCode" | "error_code";

/** The second cloud refuses a request. */
export class ThingError extends Error {
  constructor(
    readonly status: number,
    /** Left out for a page of text. */
    readonly code: number | undefined,
    message: string,
    readonly data: Json | null = null,
  ) {
    super(message);
  }

  toResponse(form: ErrorForm): SimulatedResponse {
    const { status, code, message, data } = this;
    if (code === undefined) return { status, headers: { "content-type": "text/plain" }, body: message };
    // The codes of the account are always in the first cloud's form.
    if (code < 0 || form === "error_code") return { status, body: { error_code: code, msg: message, data } };
    if (form === "code") return { status, body: { code, message, data } };
    return { status, body: { errorCode: String(code), msg: message, status, timestamp: 1_750_000_000_000, data } };
  }
}
