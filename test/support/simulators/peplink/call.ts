import type { RecordedRequest } from "../simulated-server";
import { ApiError, toObject, type Json } from "./json";

/** A parsed request. */
export interface Call {
  method: string;
  args: Json;
  token: string | undefined;
  /** The value of the session cookie. */
  cookie: string | undefined;
  /** Whether it is a POST with the body of an HTML form. */
  isForm: boolean;
  isSecure: boolean;
  /** Set-Cookie headers for the response. */
  setCookies: string[];
}

/** Parses the arguments and the credentials of a request. */
export function parseCall(request: RecordedRequest): Call {
  const { method, query, headers, body, secure } = request;
  const isForm = method === "POST" && (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const { accessToken: formToken, ...formArgs } = isForm ? parseParameters(new URLSearchParams(body)) : {};
  const { accessToken: queryToken, ...queryArgs } = parseParameters(query);
  const token = queryToken ?? formToken;
  // In a form, the token that authorizes and the token to revoke are the same field.
  const postArgs = isForm ? { ...formArgs, accessToken: formToken } : parseJson(body);
  return {
    method,
    args: method === "POST" ? postArgs : queryArgs,
    token: token === undefined || typeof token === "string" ? token : "",
    cookie: parseCookies(headers["cookie"]).get(cookieName(secure)),
    isForm,
    isSecure: secure,
    setCookies: [],
  };
}

/** The session cookie has another name over plain HTTP (peplink.md section 1.2). */
export const cookieName = (isSecure: boolean): string => (isSecure ? "bauth" : "pauth");

/** A repeated key becomes an array, which no endpoint accepts. */
function parseParameters(query: URLSearchParams): Json {
  const entries = [...new Set(query.keys())].map((name) => [name, query.getAll(name)] as const);
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** Commands such as `cmd.config.apply` have no body. */
function parseJson(body: string): Json {
  if (body === "") return {};
  try {
    return toObject(JSON.parse(body));
  } catch {
    throw new ApiError("Invalid JSON");
  }
}

function parseCookies(header = ""): Map<string, string> {
  return new Map(header.split(/;\s*/).map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]));
}
