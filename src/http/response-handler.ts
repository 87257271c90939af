import type { Dispatcher } from "undici";
import type { AbortSignalLike } from "../core/abort";
import { MAX_TIMER_MS } from "../core/clock";
import { inputError, PlatformError } from "../core/errors";
import { protocolError, type HttpResponse } from "./response";
import { RequestNotSentError } from "./retry";
import { tlsErrorFrom } from "./tls";

/** In bytes. */
export const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** One attempt: undici's events on one side, a promise on the other, one deadline from connect to the last byte. */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  readonly response: Promise<HttpResponse>;
  #resolve!: (reply: HttpResponse) => void;
  #reject!: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: "connecting" | "waiting for the answer" | "reading the answer" = "connecting";
  #givenUp: Error | undefined;
  #statusCode = 0;
  #headers: HttpResponse["headers"] = {};
  readonly #chunks: Buffer[] = [];
  readonly #deadline: NodeJS.Timeout;

  /** @param signal gives this attempt up, whatever it is at; it should not outlive the request */
  constructor(timeoutMs: number, signal: AbortSignalLike) {
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const ms = Math.min(timeoutMs, MAX_TIMER_MS);
    // What arrived while this process was held up itself is looked at first: it was in time.
    const late = (): void => void setImmediate(() => this.#giveUp(this.#timeOut(timeoutMs)));
    this.#deadline = setTimeout(late, ms);
    signal.addEventListener("abort", () => this.#giveUp(signal.reason as Error), { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#givenUp) return controller.abort(this.#givenUp);
    this.#phase = "waiting for the answer";
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: HttpResponse["headers"]): void {
    this.#phase = "reading the answer";
    this.#statusCode = statusCode;
    this.#headers = headers;
    const encoding = headers["content-encoding"];
    if (encoding && encoding !== "identity") {
      this.#giveUp(protocolError("It is compressed, although it was asked for as it is.", statusCode));
    }
    if (Number(headers["content-length"]) > MAX_RESPONSE_BYTES) this.#giveUp(tooLarge(statusCode));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#deadline);
    const [first] = this.#chunks;
    const text = (this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)).toString();
    this.#resolve({ statusCode: this.#statusCode, headers: this.#headers, text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#translate(error));
  }

  // Ends the attempt from our side; a request that has not begun will never be sent.
  #giveUp(reason: Error): void {
    this.#givenUp ??= reason;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  #fail(error: Error): void {
    clearTimeout(this.#deadline);
    this.#reject(error);
  }

  #timeOut(timeoutMs: number): PlatformError {
    return new PlatformError("timeout", `No whole answer within ${timeoutMs / 1000} s (${this.#phase}).`);
  }

  // undici's and Node's errors name hosts, paths and certificates: ours are made from their codes alone.
  #translate(error: Error & { code?: string }): Error {
    if (error instanceof PlatformError || this.#givenUp) return this.#givenUp ?? error;
    const code = typeof error.code === "string" ? error.code : "";
    if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW")
      return protocolError("It is not HTTP.");
    if (this.#phase === "connecting") return tlsErrorFrom(code) ?? connectFailure(code);
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return tooLarge(this.#statusCode);
    return new PlatformError(
      "network",
      `The connection broke while ${this.#phase}. Whether the request was carried out is not known.`,
      this.#statusCode ? { statusCode: this.#statusCode } : {},
    );
  }
}

function connectFailure(code: string): PlatformError {
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return new RequestNotSentError(
        "timeout",
        "The connection could not be made in time. Check the address, and that it is reachable.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new RequestNotSentError(
        "network",
        `The server's name could not be found. Check the address and the DNS. (${code})`,
      );
    case "ECONNREFUSED":
      return new RequestNotSentError(
        "network",
        "The connection was refused. Check the address and the port, and that the server runs.",
      );
    case "UND_ERR_INVALID_ARG":
      return inputError("The request cannot be written: a value in it holds a character that HTTP does not allow.");
    default:
      return new RequestNotSentError("network", `The connection could not be made.${code ? ` (${code})` : ""}`);
  }
}

function tooLarge(statusCode: number): PlatformError {
  return protocolError("It is larger than 16 MiB.", statusCode);
}
