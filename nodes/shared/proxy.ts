import type { Node, NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import { isExempt, parseProxy, type ProxySettings } from "../../src/http/proxy";
import { isPrivateHost } from "../../src/http/server-address";
import { findNode, notRunningError } from "./deployed-node";

/** Node-RED's own `http proxy` config node. */
interface HttpProxyNode extends Node<{ username?: string; password?: string }> {
  url?: string;
  noproxy?: string[];
}

/**
 * How servers are reached: through the chosen proxy, or through the one in the environment, as Node-RED's own http request
 * does it. The environment's proxy is never used for private addresses: nobody outside could reach a router there.
 * @param id of an `http proxy` node; blank = the environment
 * @throws `config` if the node is missing, or its address is wrong
 */
export function resolveProxy(RED: NodeAPI, id = ""): (origin: string) => ProxySettings | undefined {
  if (id) {
    const node: HttpProxyNode | undefined = findNode(RED, id);
    if (!node) throw notRunningError(RED, id, "The HTTP proxy");
    if (!node.url) throw new PlatformError("config", "The HTTP proxy has no address. Enter it in the HTTP proxy node.");
    const proxy = parseProxy(node.url, node.credentials);
    const exempt = (node.noproxy ?? []).join(",");
    return (origin) => (isExempt(exempt, origin) ? undefined : proxy);
  }
  return environmentProxy;
}

function environmentProxy(origin: string): ProxySettings | undefined {
  const { hostname, protocol } = new URL(origin);
  if (isPrivateHost(hostname) || isExempt(variable("no_proxy"), origin)) return undefined;
  const address = variable(protocol === "https:" ? "https_proxy" : "http_proxy") || variable("all_proxy");
  return address ? parseProxy(address) : undefined;
}

function variable(name: string): string {
  return process.env[name] || process.env[name.toUpperCase()] || "";
}
