import type { Node, NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { inputError, isPlatformError, PlatformError } from "../../src/core/errors";
import { fetchCertificate } from "../../src/http/certificate";
import type { ServerAddress } from "../../src/http/server-address";
import type { SessionState } from "../../src/session/session-state";
import {
  createConnection,
  expandEnvironment,
  resolveServerAddress,
  resolveTls,
  type ConfigNode,
  type ConfigNodeDef,
  type Connection,
  type Platform,
  type PlatformClient,
} from "../shared/config-node";
import { SESSION_FIELDS } from "../shared/session-registry";
import { deleteSecrets, getSecrets, putSecrets } from "./pending-secrets";
import { describeError, fields, texts, type AdminAction } from "./routes";

/** What stands in a password field whose secret the runtime keeps: Node-RED's own placeholder. */
const KEPT = "__PWRD__";

/** What was typed into the dialog of a config node, made fit for use. */
export interface DialogInput<Def, Credentials extends object, Client extends PlatformClient = PlatformClient> {
  settings: Def;
  credentials: Partial<Credentials>;
  server: ServerAddress;
  /** The same node as it was deployed. */
  deployed: ConfigNode<Client, Credentials> | undefined;
}

/**
 * Reads what was typed, saved or not. Where a secret is the one that the runtime keeps, it is taken from there, but only
 * as long as the address is still the one that it was entered for: it must not go to whatever server a browser names.
 * @throws `config` where the address cannot be right, or a secret has to be entered again
 */
export function parseDialogInput<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  asked: Readonly<Record<string, unknown>>,
): DialogInput<Def, Credentials, Client> {
  const { id = "", ticket = "" } = texts(asked);
  const node = RED.nodes.getNode(id) as ConfigNode<Client, Credentials> | null;
  const deployed = node?.type === type ? node : undefined;
  const place = deployed ?? ({} as Node);
  const settings = expandEnvironment(RED, place, { ...texts(asked["settings"]), id, type }) as unknown as Def;
  const server = resolveServerAddress(settings, platform.defaultServer);

  const held = getSecrets(id, ticket);
  const credentials = Object.entries(texts(asked["credentials"])).map(([name, value]) => {
    // A part of a password may look like a variable; Node-RED takes it for one only where it is all there is.
    if (/^\$\{\S+\}$/.test(value)) return [name, expandEnvironment(RED, place, { value }).value];
    if (value !== KEPT) return [name, value];
    if (held && same(held.server, server) && held.secrets[name]) return [name, held.secrets[name]];
    if (deployed?.connection && same(deployed.connection.server, server))
      return [name, texts(deployed.credentials)[name] ?? ""];
    throw new PlatformError(
      "config",
      "Enter the password or secret again: the saved one is sent to no other address than the deployed one.",
    );
  });
  return { settings, credentials: Object.fromEntries(credentials) as Partial<Credentials>, server, deployed };
}

function same(one: ServerAddress, other: ServerAddress): boolean {
  return one.origin === other.origin && one.prefix === other.prefix;
}

/**
 * Does something with a client made of what was typed; client and connections end with it. Its session is its own: it
 * signs in anew whatever the deployed one has, or has been refused.
 * @returns what `work` does, or the failure in words; where it is the certificate's, with the certificate
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
  work: (made: Connection<Client, Def>) => Promise<object>,
): Promise<object> {
  const made = createConnection(RED, platform, settings, credentials, () => ({}));
  try {
    return await work(made);
  } catch (error) {
    if (!isPlatformError(error, "tls")) throw error;
    // The failure is worth telling even where the certificate cannot be had.
    const { servername } = resolveTls(RED, settings);
    const certificate = await fetchCertificate(server.origin, servername, signal).catch(() => undefined);
    return { error: describeError(error), ...(certificate ? { certificate } : {}) };
  } finally {
    made.client.close();
    await made.transport.close();
  }
}

/** What becomes of a test that succeeded. */
interface Tested {
  /** What the platform says of itself. */
  who: object;
  /** Secrets that the sign-in has put in the place of those that were typed. */
  renewed?: Readonly<Record<string, string>> | undefined;
}

/**
 * The acts that the dialogs of all config nodes have: `test` signs in with what was typed, and says who answered;
 * `keep` puts what a ticket stands for into the node's credentials.
 * @param introduce asks who it is
 */
export function connectionTest<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  introduce: (
    made: Connection<Client, Def>,
    typed: DialogInput<Def, Credentials, Client>,
    signal: AbortSignalLike,
  ) => Promise<Tested>,
): Record<"test" | "keep", AdminAction> {
  return {
    async test(asked, signal) {
      const typed = parseDialogInput(RED, type, platform, asked);
      return withTemporaryClient(RED, platform, typed, signal, async (made) => {
        const { who, renewed } = await introduce(made, typed, signal);
        await handOver(typed, made.memory);
        return { who, ...(renewed ? issueTicket(made, renewed) : {}) };
      });
    },

    async keep(asked) {
      const { id = "", ticket = "" } = texts(asked);
      const held = getSecrets(id, ticket);
      if (!held) throw inputError("What was obtained is not kept any more. Obtain it once more.");
      // Written to disk by the deploy that follows: Node-RED offers no other way.
      await RED.nodes.addCredentials(id, { ...fields(RED.nodes.getCredentials(id)), ...held.secrets });
      deleteSecrets(ticket);
      return {};
    },
  };
}

/** Holds secrets for the dialog, which is told what they are for, and not what they are. */
export function issueTicket<Client>(
  { settings, server }: Connection<Client, ConfigNodeDef>,
  secrets: Readonly<Record<string, string>>,
): { ticket: string; obtained: string[] } {
  return { ticket: putSecrets(settings.id, server, secrets), obtained: Object.keys(secrets) };
}

// The same account with the same credentials: what it was refused is no longer so, and its newest session is this one.
async function handOver<Client extends PlatformClient, Credentials extends object>(
  { deployed, settings, credentials, server }: DialogInput<ConfigNodeDef, Credentials, Client>,
  { lease }: SessionState,
): Promise<void> {
  if (!deployed?.connection || !same(deployed.connection.server, server) || !alike(deployed.credentials, credentials))
    return;
  if (!alike(deployed.connection.settings, settings, SESSION_FIELDS.slice(1))) return;
  const { memory } = deployed.connection;
  Object.assign(memory, { lease, signInCooldown: undefined, renewalCooldown: undefined });
  await memory.sharedStore?.write(memory);
}

function alike(one: unknown, other: unknown, names?: readonly string[]): boolean {
  const [here, there] = [texts(one), texts(other)];
  return (names ?? Object.keys({ ...here, ...there })).every((name) => (here[name] ?? "") === (there[name] ?? ""));
}
