import { destroys } from "../commands";
import { findOperation } from "../operations";
import { isReadOperation, type OperationSpec } from "./description";

/** Which of the operations are wanted: those that read, or those that write. */
export type Purpose = "read" | "write";

/** An operation that was found, as a list shows it. Its texts must be shown as text. */
export interface Match {
  method: string;
  /** As short as the nodes take it. */
  path: string;
  tag: string;
  summary: string;
  deprecated: boolean;
  /** What it destroys, where it does: the node then wants it confirmed. */
  destroys?: string;
}

const MOST_WORDS = 8;
/** What owners ask for most: shown first, also before a word was typed. */
const USUAL: Readonly<Record<Purpose, readonly string[]>> = {
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

/** A path as short as it can be written (see `fullPath`). */
export function shortPath(path: string): string {
  return path.replace(/^\/openapi\/v1\/(?:\{omadacId\}\/(?!msp\/)|(?=msp\/))/, "");
}

/**
 * Finds operations by words over their method, path, tag, summary and id; all words have to be there.
 * @returns the best first, at most `most`
 */
export function searchOperations(
  operations: readonly OperationSpec[],
  purpose: Purpose,
  words: string,
  most: number,
): { matches: Match[]; total: number } {
  const wanted = words.toLowerCase().slice(0, 200).split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  const found = operations.flatMap((operation) => {
    if (isReadOperation(operation) !== (purpose === "read")) return [];
    const path = shortPath(operation.path);
    const rank = rankOf(operation, path, wanted);
    return rank === undefined ? [] : [{ operation, path, rank: rank + usualness(purpose, path) }];
  });
  found.sort((one, other) => other.rank - one.rank || one.path.localeCompare(other.path));
  return {
    total: found.length,
    matches: found.slice(0, most).map(({ operation, path }) => shown(operation, path)),
  };
}

function shown({ method, path, tag, summary, deprecated }: OperationSpec, short: string): Match {
  const what = method === "GET" ? undefined : destroys(method, path, findOperation(method, path));
  return { method, path: short, tag, summary, deprecated, ...(what === undefined ? {} : { destroys: what }) };
}

function usualness(purpose: Purpose, path: string): number {
  const place = USUAL[purpose].indexOf(path);
  return place < 0 ? 0 : 6 + (USUAL[purpose].length - place) / 10;
}

// A word at the beginning of another says more than one in the middle, and a summary more than a path.
function rankOf(operation: OperationSpec, path: string, words: readonly string[]): number | undefined {
  const { method, tag, summary, id, deprecated } = operation;
  const places: [text: string, weight: number][] = [
    [summary, 4],
    [tag, 3],
    [path, 2],
    [method, 2],
    [id, 1],
  ];
  // Of two that fit alike the shorter is the more likely one, and those of templates and providers the less likely.
  let rank = -path.length / 50 - (deprecated ? 3 : 0) - (/^(sitetemplates|msp)\//.test(path) ? 2 : 0);
  for (const word of words) {
    const best = Math.max(...places.map(([text, weight]) => weight * fit(text.toLowerCase(), word)));
    if (best === 0) return undefined;
    rank += best;
  }
  return rank;
}

/** 3 for a whole word, 2 for the beginning of one, 1 for anything in it, 0 for nothing. */
function fit(text: string, word: string): number {
  let best = 0;
  for (let at = text.indexOf(word); at >= 0 && best < 3; at = text.indexOf(word, at + 1)) {
    const begins = at === 0 || !/[a-z\d]/.test(text[at - 1] ?? "");
    const ends = !/[a-z\d]/.test(text[at + word.length] ?? "");
    best = Math.max(best, begins && ends ? 3 : begins ? 2 : 1);
  }
  return best;
}
