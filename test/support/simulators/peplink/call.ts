import type { RecordedRequest } from "../simulated-server";
import { object, Refusal, type Json } from "./json";

/** One request, understood. */
export interface Call {
  method: string;
  args: Json;
  token: string | undefined;
  /** The value of the one cookie that counts. */
  cookie: string | undefined;
  /** Whether it is a POST as an HTML form sends it. */
  form: boolean;
  secure: boolean;
  /** Set-Cookie headers for the answer. */
  setCookies: string[];
}

/** Reads a request: what it asks, and what its sender shows to be let in. */
export function understood(asked: RecordedRequest): Call {
  const { method, query, headers, body, secure } = asked;
  const form = method === "POST" && (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const { accessToken: inForm, ...fields } = form ? parameters(new URLSearchParams(body)) : {};
  const { accessToken: inQuery, ...asks } = parameters(query);
  const token = inQuery ?? inForm;
  // In a form, the token that authorises and the token that is to be revoked are the same field.
  const posted = form ? { ...fields, accessToken: inForm } : json(body);
  return {
    method,
    args: method === "POST" ? posted : asks,
    token: token === undefined || typeof token === "string" ? token : "",
    cookie: cookies(headers["cookie"]).get(cookieName(secure)),
    form,
    secure,
    setCookies: [],
  };
}

/** The cookie goes by another name over plain http (peplink.md section 1.2). */
export const cookieName = (secure: boolean): string => (secure ? "bauth" : "pauth");

/** A key that is repeated becomes an array, in which no endpoint finds anything. */
function parameters(query: URLSearchParams): Json {
  const entries = [...new Set(query.keys())].map((name) => [name, query.getAll(name)] as const);
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** `cmd.config.apply` and its like are posted without a body. */
function json(body: string): Json {
  if (body === "") return {};
  try {
    return object(JSON.parse(body));
  } catch {
    throw new Refusal("Invalid JSON");
  }
}

function cookies(header = ""): Map<string, string> {
  return new Map(header.split(/;\s*/).map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]));
}
