import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import type { CallOptions } from "../../src/core/call-context";
import { inputError, isPlatformError } from "../../src/core/errors";
import { fetchCertificate } from "../../src/http/certificate";
import type { ServerAddress } from "../../src/http/server-address";
import type { Transport } from "../../src/http/transport";
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
import { getSecrets, markKept, putSecrets } from "./pending-secrets";
import { asObject, describeError, requireEntry, stringFields, type AdminAction, type AdminList } from "./routes";
import { unsavedSession } from "./unsaved-sessions";

/**
 * Runs `work` with a client that is created for it and closed afterwards. It has a session of its own: it signs in,
 * whether or not the deployed client has a token or was refused.
 * @param sessionState to go on with, instead
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
  sessionState = new SessionState(),
): Promise<object> {
  const connection = createConnection(RED, platform, settings, credentials, () => ({
    sessionState,
    otherSessionState: () => new SessionState(),
  }));
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
    await connection.close();
  }
}

/** What differs from one platform to another. */
interface TestOptions<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object> {
  /** Fetches what the dialog shows about the platform and the account. */
  identify: (
    connection: Connection<Client, Def>,
    dialog: DialogInput<Def, Credentials, Client>,
    signal: AbortSignalLike,
  ) => Promise<TestResult>;
  /** Fetches what the server at an address says to anybody. */
  probe: (server: ServerAddress, transport: Transport, options: CallOptions) => Promise<object>;
  lists: Readonly<Record<string, AdminList<Client>>>;
}

/** The result of a test that succeeded. */
interface TestResult {
  /** What the platform says about itself and the account. */
  who: object;
  /** Secrets that the platform has issued in place of those in the dialog. */
  renewed?: Readonly<Record<string, string>> | undefined;
}

/**
 * The actions in the dialogs of all config nodes: `test` signs in with the values in the dialog, or looks at the server
 * while there are no credentials; `list` fetches a list with the values of a config node that is not deployed as it is;
 * `keep` puts the secrets of a ticket into the node's credentials.
 */
export function connectionTest<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  { identify, probe, lists }: TestOptions<Client, Def, Credentials>,
): Record<"test" | "list" | "keep", AdminAction> {
  const look = (dialog: DialogInput<Def, Credentials>, signal: AbortSignalLike, next: string): Promise<object> =>
    withTemporaryClient(
      RED,
      { ...platform, prepareClient: () => () => NO_CLIENT },
      dialog,
      signal,
      async (connection) => {
        return { found: await probe(connection.server, connection.transport, { signal }), next };
      },
    );

  return {
    async test(input, signal, requester) {
      const dialog = await parseDialogInput(RED, type, platform, input, requester);
      const test = async (connection: Connection<Client, Def>): Promise<object> => {
        const { who, renewed } = await identify(connection, dialog, signal);
        await handOverSession(dialog, connection.sessionState);
        await unsavedSession(dialog).takeOver(connection.sessionState);
        return { who, ...(renewed ? issueTicket(connection, renewed) : {}) };
      };
      try {
        return await withTemporaryClient(RED, platform, dialog, signal, test);
      } catch (error) {
        // What is missing comes next; what can be seen without it comes first.
        if (!isPlatformError(error, "config") || !hasNoCredentials(dialog.credentials)) throw error;
        return look(dialog, signal, error.message);
      }
    },

    async list(input, signal, requester) {
      const { list: name = "" } = stringFields(input);
      const list = requireEntry(lists, name);
      const dialog = await parseDialogInput(RED, type, platform, input, requester);
      const fetch = ({ client }: Connection<Client, Def>): Promise<object> =>
        list(client, stringFields(input["query"]), signal);
      return withTemporaryClient(RED, platform, dialog, signal, fetch, unsavedSession(dialog));
    },

    async keep(input) {
      const { id = "", ticket = "" } = stringFields(input);
      refuseOtherTypes(RED, type, id);
      const pending = getSecrets(id, ticket);
      if (!pending || pending.isKept) throw inputError("The secret has expired. Obtain it once more.");
      // The deploy that follows writes them to disk: Node-RED offers no other way.
      await RED.nodes.addCredentials(id, { ...asObject(RED.nodes.getCredentials(id)), ...pending.secrets });
      markKept(ticket);
      return {};
    },
  };
}

/** Never used: a look at a server needs no client. */
const NO_CLIENT: PlatformClient = { close: () => undefined };

function hasNoCredentials(credentials: object): boolean {
  return Object.values(stringFields(credentials)).every((value) => value.trim() === "");
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
