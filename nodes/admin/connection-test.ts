import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { inputError, isPlatformError } from "../../src/core/errors";
import { fetchCertificate } from "../../src/http/certificate";
import { SessionState } from "../../src/session/session-state";
import {
  createConnection,
  resolveTls,
  type ConfigNodeDef,
  type Connection,
  type Platform,
  type PlatformClient,
} from "../shared/config-node";
import { resolveProxy } from "../shared/proxy";
import { SESSION_FIELDS } from "../shared/session-registry";
import { isSameServer, parseDialogInput, refuseOtherTypes, trustOf, type DialogInput } from "./dialog-input";
import { deleteSecrets, getSecrets, putSecrets } from "./pending-secrets";
import { asObject, describeError, stringFields, type AdminAction } from "./routes";

/**
 * Runs `work` with a client that is created for it and closed afterwards. It has a session of its own: it signs in,
 * whether or not the deployed client has a token or was refused.
 * @returns the result of `work`; if the server's certificate cannot be trusted, the error together with the certificate
 */
export async function withTemporaryClient<
  Client extends PlatformClient,
  Def extends ConfigNodeDef,
  Credentials extends object,
>(
  RED: NodeAPI,
  platform: Platform<Client, Def, Credentials>,
  { settings, credentials, server }: Pick<DialogInput<Def, Credentials>, "settings" | "credentials" | "server">,
  signal: AbortSignalLike,
  work: (connection: Connection<Client, Def>) => Promise<object>,
): Promise<object> {
  const connection = createConnection(RED, platform, settings, credentials, () => new SessionState());
  try {
    return await work(connection);
  } catch (error) {
    if (!isPlatformError(error, "tls")) throw error;
    // Without the certificate the error is still worth showing.
    const { servername } = resolveTls(RED, settings);
    const proxy = resolveProxy(RED, settings.proxy)(server.origin);
    const certificate = await fetchCertificate(server.origin, servername, signal, proxy).catch(() => undefined);
    return { error: describeError(error), ...(certificate ? { certificate } : {}) };
  } finally {
    connection.client.close();
    await connection.transport.close();
  }
}

/** The result of a test that succeeded. */
interface TestResult {
  /** What the platform says about itself and the account. */
  who: object;
  /** Secrets that the platform has issued in place of those in the dialog. */
  renewed?: Readonly<Record<string, string>> | undefined;
}

/**
 * The actions in the dialogs of all config nodes: `test` signs in with the values in the dialog, `keep` puts the secrets of
 * a ticket into the node's credentials.
 * @param identify fetches what the dialog shows about the platform
 */
export function connectionTest<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  identify: (
    connection: Connection<Client, Def>,
    dialog: DialogInput<Def, Credentials, Client>,
    signal: AbortSignalLike,
  ) => Promise<TestResult>,
): Record<"test" | "keep", AdminAction> {
  return {
    async test(input, signal, requester) {
      const dialog = await parseDialogInput(RED, type, platform, input, requester);
      return withTemporaryClient(RED, platform, dialog, signal, async (connection) => {
        const { who, renewed } = await identify(connection, dialog, signal);
        await handOverSession(dialog, connection.sessionState);
        return { who, ...(renewed ? issueTicket(connection, renewed) : {}) };
      });
    },

    async keep(input) {
      const { id = "", ticket = "" } = stringFields(input);
      refuseOtherTypes(RED, type, id);
      const pending = getSecrets(id, ticket);
      if (!pending) throw inputError("The secret has expired. Obtain it once more.");
      // The deploy that follows writes them to disk: Node-RED offers no other way.
      await RED.nodes.addCredentials(id, { ...asObject(RED.nodes.getCredentials(id)), ...pending.secrets });
      deleteSecrets(ticket);
      return {};
    },
  };
}

/** Stores secrets for the dialog, which receives their names, but not their values. */
export function issueTicket<Client>(
  { settings, server }: Connection<Client, ConfigNodeDef>,
  secrets: Readonly<Record<string, string>>,
): { ticket: string; obtained: string[] } {
  return { ticket: putSecrets(settings.id, server, secrets, trustOf(settings)), obtained: Object.keys(secrets) };
}

// The deployed config node continues with the session of the test if it has the same account and credentials. An earlier
// refusal of them no longer holds.
async function handOverSession<Client extends PlatformClient, Credentials extends object>(
  { deployed, settings, credentials, server }: DialogInput<ConfigNodeDef, Credentials, Client>,
  sessionState: SessionState,
): Promise<void> {
  if (!deployed?.connection || !isSameServer(deployed.connection.server, server)) return;
  if (!hasSameFields(deployed.credentials, credentials)) return;
  if (!hasSameFields(deployed.connection.settings, settings, SESSION_FIELDS.slice(1))) return;
  await deployed.connection.sessionState.takeOver(sessionState);
}

function hasSameFields(one: unknown, other: unknown, names?: readonly string[]): boolean {
  const [left, right] = [stringFields(one), stringFields(other)];
  return (names ?? Object.keys({ ...left, ...right })).every((name) => (left[name] ?? "") === (right[name] ?? ""));
}
