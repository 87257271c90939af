import type { Node, NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import type { ServerAddress } from "../../src/http/server-address";
import {
  resolveServerAddress,
  type ConfigNode,
  type ConfigNodeDef,
  type Platform,
  type PlatformClient,
} from "../shared/config-node";
import { savedNodes } from "../shared/deployed-node";
import { expandEnvironment, expandVariables } from "../shared/settings";
import { findConfigNode, scopeOf } from "./deployed-config";
import { getSecrets } from "./pending-secrets";
import { asObject, stringFields, type Requester } from "./routes";

/** Node-RED's placeholder in a password field whose value the runtime keeps to itself. */
const SAVED_SECRET = "__PWRD__";

/** The values in the dialog of a config node, parsed and complete. */
export interface DialogInput<Def, Credentials extends object, Client extends PlatformClient = PlatformClient> {
  settings: Def;
  credentials: Partial<Credentials>;
  server: ServerAddress;
  /** The same config node as it was deployed last. */
  deployed: ConfigNode<Client, Credentials> | undefined;
}

/** As Node-RED does, only where a credential is nothing but a variable: a part of a password may look like one. */
const ONLY_A_VARIABLE = /^\$\{\S+\}$/;

/** Texts by the name of the property. */
type Texts = Readonly<Record<string, string>>;

/** The settings that decide who gets a secret, besides the address. */
const TRUST_FIELDS = ["fingerprint", "tls", "proxy", "tapoServer"] as const;

/**
 * Parses the values in a dialog, saved or not. Secrets that only the runtime knows are filled in, but only while the
 * address is the one that they were entered for, and the certificate that was trusted then: they must not go to any server
 * that a browser names. Variables are filled in for those who may deploy; for others only where the deployed node has them.
 * @throws `config` if the address is wrong, or if a secret has to be entered again
 */
export async function parseDialogInput<
  Client extends PlatformClient,
  Def extends ConfigNodeDef,
  Credentials extends object,
>(
  RED: NodeAPI,
  type: string,
  platform: Platform<Client, Def, Credentials>,
  input: Readonly<Record<string, unknown>>,
  { mayDeploy }: Requester,
): Promise<DialogInput<Def, Credentials, Client>> {
  const { id = "", ticket = "", z = "" } = stringFields(input);
  refuseOtherTypes(RED, type, id);
  const texts = stringFields(input["settings"]);
  const secrets = stringFields(input["credentials"]);
  const saved = stringFields(savedNodes(RED).get(id));
  const savedCredentials = stringFields(RED.nodes.getCredentials(id));

  const isSameText = (name: string): boolean => (texts[name] ?? "") === (saved[name] ?? "");
  const isSameTrust = TRUST_FIELDS.every(isSameText);
  const isSaved = isSameText("server") && isSameTrust;
  const asksForMore =
    hasNew(/\$[{(]/, texts, isSaved ? saved : {}) || hasNew(ONLY_A_VARIABLE, secrets, isSaved ? savedCredentials : {});
  if (asksForMore && !(await mayDeploy())) throw variableError();

  const { deployed, error } = findDeployed<Client, Credentials>(RED, type, id);
  const scope = deployed ?? scopeOf(RED, z);
  const settings = expandEnvironment(RED, scope, { ...dialogSettings(input["settings"]), id, type }) as unknown as Def;
  const server = resolveServerAddress(settings, platform.defaultServer);

  const pending = getSecrets(id, ticket);
  const isPendingFor = pending && isSameServer(pending.server, server) && pending.trust === trustOf(settings);
  const isPinReplaced = Boolean(saved["fingerprint"] && texts["fingerprint"]) && !isSameText("fingerprint");
  const isTrusted = isSameTrust || (!isPinReplaced && (await mayDeploy()));
  const credentials = Object.entries(secrets).map(([name, value]) => {
    if (ONLY_A_VARIABLE.test(value)) return [name, expandVariables(RED, scope, value, name)];
    if (value !== SAVED_SECRET) return [name, value];
    if (isPendingFor && pending?.secrets[name]) return [name, pending.secrets[name]];
    // What was never deployed has nothing saved.
    if (!savedNodes(RED).has(id) && !pending) return [name, ""];
    if (error) throw error;
    if (deployed?.connection && isSameServer(deployed.connection.server, server) && isTrusted) {
      return [name, stringFields(deployed.credentials)[name] ?? ""];
    }
    throw new PlatformError(
      "config",
      "Enter the password or secret again: the saved one is sent to no other address than the deployed one, and to no server with another certificate.",
    );
  });
  return { settings, credentials: Object.fromEntries(credentials) as Partial<Credentials>, server, deployed };
}

/**
 * Refuses the id of a node of another type: the permission for one type is none for another.
 * @throws `config`
 */
export function refuseOtherTypes(RED: NodeAPI, type: string, id: string): void {
  const node = savedNodes(RED).get(id) ?? (RED.nodes.getNode(id) as Node | null);
  if (node && node.type !== type) throw new PlatformError("config", "This is the id of a node of another type.");
}

/** What a server is trusted by, besides its address. */
export function trustOf(settings: ConfigNodeDef): string {
  const texts: Readonly<Record<string, unknown>> = { ...settings };
  return JSON.stringify(TRUST_FIELDS.map((name) => texts[name] ?? ""));
}

export function isSameServer(one: ServerAddress, other: ServerAddress): boolean {
  return one.origin === other.origin && one.prefix === other.prefix;
}

function findDeployed<Client extends PlatformClient, Credentials extends object>(
  RED: NodeAPI,
  type: string,
  id: string,
): { deployed?: ConfigNode<Client, Credentials> | undefined; error?: unknown } {
  try {
    return { deployed: findConfigNode<Client, Credentials>(RED, type, id) };
  } catch (error) {
    // Only the saved secrets are missed; with others the connection can be tested.
    return { error };
  }
}

// The saved properties of a config node are texts, but for its checkboxes.
function dialogSettings(settings: unknown): Readonly<Record<string, unknown>> {
  const { allowHttp } = asObject(settings);
  return { ...stringFields(settings), allowHttp: allowHttp === true };
}

function hasNew(pattern: RegExp, texts: Texts, saved: Texts): boolean {
  return Object.entries(texts).some(([name, text]) => pattern.test(text) && text !== saved[name]);
}

function variableError(): PlatformError {
  return new PlatformError(
    "config",
    "Environment variables are filled in here only as they are deployed, unless you may deploy flows. Enter the values.",
  );
}
