import type { Node, NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { inputError, isPlatformError, PlatformError } from "../../src/core/errors";
import { fetchCertificate } from "../../src/http/certificate";
import type { ServerAddress } from "../../src/http/server-address";
import { SessionState } from "../../src/session/session-state";
import {
  createConnection,
  resolveServerAddress,
  resolveTls,
  type ConfigNode,
  type ConfigNodeDef,
  type Connection,
  type Platform,
  type PlatformClient,
} from "../shared/config-node";
import { resolveProxy } from "../shared/proxy";
import { SESSION_FIELDS } from "../shared/session-registry";
import { expandEnvironment, expandVariables } from "../shared/settings";
import { deleteSecrets, getSecrets, putSecrets } from "./pending-secrets";
import { asObject, describeError, stringFields, type AdminAction } from "./routes";

/** Node-RED's placeholder in a password field whose value the runtime keeps to itself. */
const SAVED_SECRET = "__PWRD__";

/** The values in the dialog of a config node, parsed and complete. */
interface DialogInput<Def, Credentials extends object, Client extends PlatformClient = PlatformClient> {
  settings: Def;
  credentials: Partial<Credentials>;
  server: ServerAddress;
  /** The same config node as it was deployed last. */
  deployed: ConfigNode<Client, Credentials> | undefined;
}

/**
 * Parses the values in a dialog, saved or not. Secrets that only the runtime knows are filled in, but only while the
 * address is the one that they were entered for: they must not go to any server that a browser names.
 * @throws `config` if the address is wrong, or if a secret has to be entered again
 */
export function parseDialogInput<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  input: Readonly<Record<string, unknown>>,
): DialogInput<Def, Credentials, Client> {
  const { id = "", ticket = "" } = stringFields(input);
  const node = RED.nodes.getNode(id) as ConfigNode<Client, Credentials> | null;
  const deployed = node?.type === type ? node : undefined;
  const scope = deployed ?? ({} as Node);
  const settings = expandEnvironment(RED, scope, { ...dialogSettings(input["settings"]), id, type }) as unknown as Def;
  const server = resolveServerAddress(settings, platform.defaultServer);

  const pending = getSecrets(id, ticket);
  const credentials = Object.entries(stringFields(input["credentials"])).map(([name, value]) => {
    // As Node-RED does, only where a credential is nothing but a variable: a part of a password may look like one.
    if (/^\$\{\S+\}$/.test(value)) return [name, expandVariables(RED, scope, value, name)];
    if (value !== SAVED_SECRET) return [name, value];
    if (pending && isSameServer(pending.server, server) && pending.secrets[name]) return [name, pending.secrets[name]];
    if (deployed?.connection && isSameServer(deployed.connection.server, server)) {
      return [name, stringFields(deployed.credentials)[name] ?? ""];
    }
    throw new PlatformError(
      "config",
      "Enter the password or secret again: the saved one is sent to no other address than the deployed one.",
    );
  });
  return { settings, credentials: Object.fromEntries(credentials) as Partial<Credentials>, server, deployed };
}

// The saved properties of a config node are texts, but for its checkboxes.
function dialogSettings(settings: unknown): Readonly<Record<string, unknown>> {
  const { allowHttp } = asObject(settings);
  return { ...stringFields(settings), allowHttp: allowHttp === true };
}

function isSameServer(one: ServerAddress, other: ServerAddress): boolean {
  return one.origin === other.origin && one.prefix === other.prefix;
}

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
    async test(input, signal) {
      const dialog = parseDialogInput(RED, type, platform, input);
      return withTemporaryClient(RED, platform, dialog, signal, async (connection) => {
        const { who, renewed } = await identify(connection, dialog, signal);
        await handOverSession(dialog, connection.sessionState);
        return { who, ...(renewed ? issueTicket(connection, renewed) : {}) };
      });
    },

    async keep(input) {
      const { id = "", ticket = "" } = stringFields(input);
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
  return { ticket: putSecrets(settings.id, server, secrets), obtained: Object.keys(secrets) };
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
