import { destructiveEffect } from "../commands";
import { isReadOperation, type OperationSpec } from "./operation-spec";

/** Whether to search for operations that read, or for those that write. */
export type Purpose = "read" | "write";

/** A result of the search, as a list shows it. Its texts must be shown as text, never as HTML. */
export interface Match {
  method: string;
  /** In the shortest form that the nodes accept. */
  path: string;
  tag: string;
  summary: string;
  deprecated: boolean;
  /** What a destructive operation does, in words that follow "would": the node must then be set to confirm it. */
  destroys?: string;
}

const MAX_QUERY_LENGTH = 200;
const MAX_WORDS = 8;
/** The most popular operations: listed first, also before a word is typed. */
const POPULAR: Readonly<Record<Purpose, readonly string[]>> = {
  read: [
    "sites",
    "sites/{siteId}/devices",
    "sites/{siteId}/clients",
    "sites/{siteId}/gateways/{gatewayMac}/wan-status",
    "sites/{siteId}/logs/events",
    "sites/{siteId}/logs/alerts",
    "sites/{siteId}/dashboard/overview-diagram",
    "sites/{siteId}/clients/{clientMac}",
    "sites/{siteId}/switches/{switchMac}",
    "sites/{siteId}/aps/{apMac}",
    "sites/{siteId}/wireless-network/wlans",
    "sites/{siteId}/led",
  ],
  write: [
    "sites/{siteId}/led",
    "sites/{siteId}/devices/{deviceMac}/reboot",
    "sites/{siteId}/devices/{deviceMac}/locate",
    "sites/{siteId}/clients/{clientMac}/block",
    "sites/{siteId}/clients/{clientMac}/unblock",
    "sites/{siteId}/clients/{clientMac}/reconnect",
    "sites/{siteId}/switches/{switchMac}/ports/{port}/poe-mode",
    "sites/{siteId}/switches/{switchMac}/ports/{port}/profile-override",
    "sites/{siteId}/gateways/{gatewayMac}/internet-state",
    "/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override",
  ],
};

/** The shortest form of a path (see `expandPath`). */
export function shortPath(path: string): string {
  return path.replace(/^\/openapi\/v1\/(?:\{omadacId\}\/(?!msp\/)|(?=msp\/))/, "");
}

/**
 * Searches the method, path, tag, summary and id of operations; each word of the query must occur.
 * @returns the best matches first, at most `limit` of them, and how many there are in all
 */
export function searchOperations(
  operations: readonly OperationSpec[],
  purpose: Purpose,
  query: string,
  limit: number,
): { matches: Match[]; total: number } {
  const words = query.toLowerCase().slice(0, MAX_QUERY_LENGTH).split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
  const candidates = operations.flatMap((operation) => {
    if (isReadOperation(operation) !== (purpose === "read")) return [];
    const path = shortPath(operation.path);
    const score = scoreOperation(operation, path, words);
    return score === undefined ? [] : [{ operation, path, score: score + popularity(purpose, path) }];
  });
  candidates.sort((one, other) => other.score - one.score || one.path.localeCompare(other.path));
  return {
    total: candidates.length,
    matches: candidates.slice(0, limit).map(({ operation, path }) => toMatch(operation, path)),
  };
}

function toMatch({ method, path, tag, summary, deprecated }: OperationSpec, short: string): Match {
  const destroys = method === "GET" ? undefined : destructiveEffect(method, path);
  return { method, path: short, tag, summary, deprecated, ...(destroys === undefined ? {} : { destroys }) };
}

function popularity(purpose: Purpose, path: string): number {
  const index = POPULAR[purpose].indexOf(path);
  return index < 0 ? 0 : 6 + (POPULAR[purpose].length - index) / 10;
}

// The start of a word counts more than its middle, and the summary more than the path.
function scoreOperation(operation: OperationSpec, path: string, words: readonly string[]): number | undefined {
  const { method, tag, summary, id, deprecated } = operation;
  const texts: [text: string, weight: number][] = [
    [summary, 4],
    [tag, 3],
    [path, 2],
    [method, 2],
    [id, 1],
  ];
  // Among equal matches short paths come first; those of templates and service providers come last.
  let score = -path.length / 50 - (deprecated ? 3 : 0) - (/^(sitetemplates|msp)\//.test(path) ? 2 : 0);
  for (const word of words) {
    const best = Math.max(...texts.map(([text, weight]) => weight * scoreWord(text.toLowerCase(), word)));
    if (best === 0) return undefined;
    score += best;
  }
  return score;
}

/** 3 for a whole word, 2 for the start of a word, 1 for anywhere else, 0 for no occurrence. */
function scoreWord(text: string, word: string): number {
  let best = 0;
  for (let at = text.indexOf(word); at >= 0 && best < 3; at = text.indexOf(word, at + 1)) {
    const isStart = at === 0 || !/[a-z\d]/.test(text[at - 1] ?? "");
    const isEnd = !/[a-z\d]/.test(text[at + word.length] ?? "");
    best = Math.max(best, isStart && isEnd ? 3 : isStart ? 2 : 1);
  }
  return best;
}
