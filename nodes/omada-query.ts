import type { Node, NodeAPI, NodeDef } from "node-red";
import type { CallOptions } from "../src/core/call-context";
import { inputError } from "../src/core/errors";
import type { OmadaClient, OmadaQuery, OmadaResult } from "../src/omada/client";
import { collectRows } from "../src/omada/pagination";
import { action } from "./shared/action-node";
import { LIMITS } from "./shared/limits";
import { MessageSequence } from "./shared/message-sequence";
import { parseNumber } from "./shared/settings";

interface OmadaQueryDef extends NodeDef {
  controller: string;
  method?: string;
  paging?: "all" | "one";
  limit?: number | string;
  output?: "array" | "pages" | "messages";
}

export default function (RED: NodeAPI): void {
  function OmadaQueryNode(this: Node, def: OmadaQueryDef): void {
    RED.nodes.createNode(this, def);

    action<OmadaClient>(RED, this, def, "omada", def.controller, async ({ client, input, call }) => {
      const method = parseMethod(def.method);
      const [path, site, params] = [await input.text("path"), await input.text("site"), await input.params()];
      const all = def.paging !== "one";
      const limit = parseNumber(def.limit, "limit", LIMITS.limit, "input");
      const isStreamed = def.output === "pages" || def.output === "messages";
      return read(client, { method, path, site, params, all, limit, isStreamed }, def.output, call);
    });
  }

  RED.nodes.registerType("omada-query", OmadaQueryNode);
}

async function read(
  client: OmadaClient,
  query: OmadaQuery,
  output: OmadaQueryDef["output"],
  call: CallOptions,
): Promise<unknown> {
  const response = await client.query(query, call);
  if ("result" in response || query.isStreamed) return toOutput(response, output);
  const rows = await collectRows(response.pages);
  if (!response.progress.hasShrunk) return rows;
  // Rows may be missing that were there all the time; a list that shrinks with each read is returned as it is.
  return toOutput(await client.query(query, call), output);
}

function parseMethod(saved: string | undefined): "GET" | "POST" {
  const method = saved || "GET";
  if (method === "GET" || method === "POST") return method;
  throw inputError('"method" must be GET or POST. To change something, use the "omada-command" node.');
}

/** A Join node concatenates parts whose `len` is above 1, so that pages become one array again. */
const PAGE_LENGTH = 1000;

function toOutput(response: OmadaResult, output: OmadaQueryDef["output"]): unknown {
  if ("result" in response) {
    return output === "messages" && Array.isArray(response.result)
      ? new MessageSequence(response.result)
      : response.result;
  }
  if (output === "pages") return new MessageSequence(response.pages, PAGE_LENGTH);
  if (output === "messages") return new MessageSequence(rowByRow(response.pages));
  return collectRows(response.pages);
}

async function* rowByRow(pages: AsyncIterable<unknown[]>): AsyncGenerator {
  for await (const rows of pages) yield* rows;
}
