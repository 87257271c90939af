import { z } from "zod";
import type { CallOptions } from "../core/call-context";
import { inputError, PlatformError } from "../core/errors";
import { parseAs } from "../http/response";
import type { PeplinkApi } from "./api";

/** What an API client may do (peplink.md section 1.4). */
export type Scope = "api" | "api.read-only";

const ApiClient = z.looseObject({
  name: z.string().catch(""),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  scope: z.string().optional().catch(undefined),
  /** Seconds since 1970. */
  createTimestamp: z.coerce.number().optional().catch(undefined),
});
type ApiClient = z.infer<typeof ApiClient>;

/** The credentials of an API client, and whether it was created for this. */
export interface ApiClientResult {
  clientId: string;
  clientSecret: string;
  isNew: boolean;
}

/** An API client as people see it, without its secret. */
export interface ListedClient {
  clientId: string;
  name: string;
  scope: string;
  /** ISO 8601; blank where the router does not say. */
  createdAt: string;
}

/** A router keeps a handful; a list that is longer than that is not shown to its end. */
const MAX_LISTED = 200;
/** The last millisecond that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

/** The endpoint that manages API clients; needs an admin user. */
const ENDPOINT = "auth.client";

/**
 * Finds the API client of a name, or creates it. A router keeps API clients for ever, and documents no limit for them: so a
 * second one of the same name is never created.
 * @throws `rejected` if there is one of that name with another scope
 */
export async function ensureApiClient(
  api: PeplinkApi,
  name: string,
  scope: Scope,
  options: CallOptions,
): Promise<ApiClientResult> {
  if (!name.trim()) throw inputError("Enter a name for the client.");
  const existing = await findApiClient(api, name.trim(), options);
  if (existing && existing.scope !== undefined && existing.scope !== scope) {
    throw new PlatformError(
      "rejected",
      `The router already has a client of this name, with the scope ${existing.scope}. Choose that scope, or another name.`,
    );
  }
  const { clientId, clientSecret } = existing ?? (await createApiClient(api, name.trim(), scope, options));
  return { clientId, clientSecret, isNew: !existing };
}

/** The API clients of the router. */
export async function listApiClients(api: PeplinkApi, options: CallOptions): Promise<ListedClient[]> {
  const clients = (await fetchApiClients(api, options)).slice(0, MAX_LISTED);
  return clients.map(({ clientId, name, scope = "", createTimestamp = 0 }) => {
    const createdMs = createTimestamp * 1000;
    const isTime = createdMs > 0 && createdMs <= MAX_TIME_MS;
    return { clientId, name, scope, createdAt: isTime ? new Date(createdMs).toISOString() : "" };
  });
}

/**
 * Removes an API client; its tokens are rejected from then on.
 * @throws `input` without an id, before any request
 */
export async function removeApiClient(api: PeplinkApi, clientId: string, options: CallOptions): Promise<void> {
  if (!clientId) throw inputError("Choose the client that is to be revoked.");
  const body = { action: "remove", clientId };
  await api.call(ENDPOINT, { effect: "write", method: "POST", body }, options);
}

// The list holds every secret in clear (peplink.md section 1.3), so an existing client can be used again.
async function findApiClient(api: PeplinkApi, name: string, options: CallOptions): Promise<ApiClient | undefined> {
  return (await fetchApiClients(api, options)).find((client) => client.name === name);
}

async function fetchApiClients(api: PeplinkApi, options: CallOptions): Promise<ApiClient[]> {
  const response = await api.call(ENDPOINT, { effect: "read", method: "GET" }, options);
  const rows = parseAs(z.array(z.unknown()).catch([]), response, 200);
  return rows.flatMap((row) => ApiClient.safeParse(row).data ?? []);
}

async function createApiClient(api: PeplinkApi, name: string, scope: Scope, options: CallOptions): Promise<ApiClient> {
  // The vendor's overview leaves out the action, but the router requires it (peplink.md section 1.3).
  const body = { action: "add", name, scope };
  return parseAs(ApiClient, await api.call(ENDPOINT, { effect: "write", method: "POST", body }, options), 200);
}
