import { z } from "zod";
import type { CallOptions } from "../core/call-context";
import { inputError, PlatformError } from "../core/errors";
import { parseAs } from "../http/response";

/** What an API client may do (peplink.md section 1.4). */
export type Scope = "api" | "api.read-only";

const ApiClient = z.looseObject({
  name: z.string().catch(""),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  scope: z.string().optional().catch(undefined),
});
type ApiClient = z.infer<typeof ApiClient>;

/** Asks the router as a signed-in admin. */
type Ask = (method: "GET" | "POST", body: object | undefined, options: CallOptions) => Promise<unknown>;

/**
 * Brings the API client of a name; makes it where there is none. Routers keep what is made for ever, and say nowhere how
 * many they bear: so a second one of the same name is never made.
 * @param ask asks `auth.client`
 * @returns its id and secret, and whether it is new
 * @throws `rejected` where there is one of that name that may do something else
 */
export async function ensureApiClient(
  ask: Ask,
  name: string,
  scope: Scope,
  options: CallOptions,
): Promise<Pick<ApiClient, "clientId" | "clientSecret"> & { made: boolean }> {
  if (!name.trim()) throw inputError("Enter a name for the client.");
  // The list holds every secret in clear (peplink.md section 1.3): that is why one can be taken again.
  const listed = parseAs(z.array(z.unknown()).catch([]), await ask("GET", undefined, options), 200);
  const known = listed.map((one) => ApiClient.safeParse(one).data).find((one) => one?.name === name.trim());
  if (known && known.scope !== undefined && known.scope !== scope) {
    throw new PlatformError(
      "rejected",
      `The router has a client of this name already, with the scope ${known.scope}. Choose that scope, or another name.`,
    );
  }
  // Without an action the router calls it an unknown one, whatever the vendor's overview says (peplink.md section 1.3).
  const body = { action: "add", name: name.trim(), scope };
  const { clientId, clientSecret } = known ?? parseAs(ApiClient, await ask("POST", body, options), 200);
  return { clientId, clientSecret, made: !known };
}
