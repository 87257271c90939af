import type { Node, NodeAPI, NodeDef } from "node-red";
import { inputError } from "../src/core/errors";
import type { OmadaClient, OmadaResult } from "../src/omada/client";
import { collectRows } from "../src/omada/pagination";
import { action, MessageSequence } from "./shared/action-node";

interface OmadaQueryDef extends NodeDef {
  controller: string;
  method?: string;
  paging?: "all" | "one";
  limit?: number | string;
  output?: "array" | "pages" | "messages";
}

export default function (RED: NodeAPI): void {
  function OmadaQuery(this: Node, def: OmadaQueryDef): void {
    RED.nodes.createNode(this, def);

    action<OmadaClient>(RED, this, def, "omada", def.controller, async ({ client, input, call }) => {
      const query = {
        method: readMethod(def.method),
        path: await input.text("path"),
        site: await input.text("site"),
        params: await input.params(),
        all: def.paging !== "one",
        limit: readLimit(def.limit),
      };
      return shape(await client.read(query, call), def.output);
    });
  }

  RED.nodes.registerType("omada-query", OmadaQuery);
}

function readMethod(chosen: string | undefined): "GET" | "POST" {
  const method = chosen || "GET";
  if (method === "GET" || method === "POST") return method;
  throw inputError('"method" must be GET or POST. To change something, use the "omada-command" node.');
}

function readLimit(limit: number | string = 0): number {
  const number = Number(limit);
  if (Number.isInteger(number) && number >= 0) return number;
  throw inputError('"limit" must be a whole number; 0 means no limit.');
}

/** A Join node concatenates parts whose `len` is above 1: so pages come together as one array. */
const ROWS_IN_A_PAGE = 1000;

async function shape(reading: OmadaResult, output: OmadaQueryDef["output"]): Promise<unknown> {
  if ("result" in reading) {
    return output === "messages" && Array.isArray(reading.result)
      ? new MessageSequence(reading.result)
      : reading.result;
  }
  if (output === "pages") return new MessageSequence(reading.pages, ROWS_IN_A_PAGE);
  if (output === "messages") return new MessageSequence(rowByRow(reading.pages));
  return collectRows(reading.pages);
}

async function* rowByRow(pages: AsyncIterable<unknown[]>): AsyncGenerator {
  for await (const rows of pages) yield* rows;
}
