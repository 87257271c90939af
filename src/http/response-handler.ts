import type { Dispatcher } from "undici";
import type { AbortSignalLike } from "../core/abort";
import { MAX_TIMER_MS } from "../core/clock";
import { inputError, PlatformError } from "../core/errors";
import { BodyBuffer } from "./body-buffer";
import { protocolError, type HttpResponse } from "./response";
import { RequestNotSentError } from "./retry";
import { tlsErrorFrom } from "./tls";

export const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** Learns how an attempt ends: one of the two is called, once. */
export interface AttemptObserver {
  onResponse(response: HttpResponse): void;
  onFailure(error: unknown): void;
}

/** One attempt: turns undici's events into its end, with one deadline from connect to the last byte. */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  /** Undefined once it has ended. */
  #observer: AttemptObserver | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: "connecting" | "waiting for the response" | "reading the response" = "connecting";
  #abortReason: Error | undefined;
  #statusCode = 0;
  #headers: HttpResponse["headers"] = {};
  readonly #body = new BodyBuffer(MAX_RESPONSE_BYTES);
  readonly #deadline: NodeJS.Timeout;

  /**
   * @param attemptMs for this attempt, if it has less than the timeout
   * @param signal aborts this attempt; it should not outlive the request
   */
  constructor(observer: AttemptObserver, timeoutMs: number, attemptMs: number, signal: AbortSignalLike) {
    this.#observer = observer;
    // What arrived in time while this process was blocked is handled first.
    const onTimeout = (): void => void setImmediate(() => this.#abort(this.#timeoutError(timeoutMs)));
    this.#deadline = setTimeout(onTimeout, Math.min(attemptMs, MAX_TIMER_MS));
    signal.addEventListener("abort", () => this.#abort(signal.reason as Error), { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortReason) return controller.abort(this.#abortReason);
    this.#phase = "waiting for the response";
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: HttpResponse["headers"]): void {
    this.#phase = "reading the response";
    this.#statusCode = statusCode;
    this.#headers = headers;
    const encoding = headers["content-encoding"];
    if (encoding && encoding !== "identity") {
      this.#abort(protocolError("It is compressed, although the request did not allow that.", statusCode));
    }
    if (Number(headers["content-length"]) > MAX_RESPONSE_BYTES) this.#abort(tooLargeError(statusCode));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#body.append(chunk)) this.#abort(tooLargeError(this.#statusCode));
  }

  onResponseEnd(): void {
    const text = this.#body.text();
    this.#end()?.onResponse({ statusCode: this.#statusCode, headers: this.#headers, text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end()?.onFailure(this.#toPlatformError(error));
  }

  // A request that has not started when it is aborted is never sent.
  #abort(reason: Error): void {
    this.#abortReason ??= reason;
    this.#end()?.onFailure(reason);
    this.#controller?.abort(reason);
  }

  /** @returns the observer to call; undefined if it has been called */
  #end(): AttemptObserver | undefined {
    const observer = this.#observer;
    this.#observer = undefined;
    clearTimeout(this.#deadline);
    return observer;
  }

  #timeoutError(timeoutMs: number): PlatformError {
    return new PlatformError("timeout", `No complete response within ${timeoutMs / 1000} s (${this.#phase}).`);
  }

  // Errors of undici and Node name hosts, paths and certificates, so nothing but their code is used.
  #toPlatformError(error: Error & { code?: string }): Error {
    if (error instanceof PlatformError || this.#abortReason) return this.#abortReason ?? error;
    const code = typeof error.code === "string" ? error.code : "";
    if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW")
      return protocolError("It is not HTTP.");
    if (this.#phase === "connecting") return tlsErrorFrom(code) ?? connectError(code);
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return tooLargeError(this.#statusCode);
    return new PlatformError(
      "network",
      `The connection broke while ${this.#phase}. Whether the request was carried out is not known.`,
      this.#statusCode ? { statusCode: this.#statusCode } : {},
    );
  }
}

function connectError(code: string): PlatformError {
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
        `The server's name could not be resolved. Check the address and the DNS. (${code})`,
      );
    case "ECONNREFUSED":
      return new RequestNotSentError(
        "network",
        "The connection was refused. Check the address and the port, and that the server is running.",
      );
    case "UND_ERR_INVALID_ARG":
      return inputError("The request cannot be written: a value in it holds a character that HTTP does not allow.");
    default:
      return new RequestNotSentError("network", `The connection could not be made.${code ? ` (${code})` : ""}`);
  }
}

function tooLargeError(statusCode: number): PlatformError {
  return protocolError("It is larger than 16 MiB.", statusCode);
}
