import type { ActOrder, ActOutcome } from "../../src/acts/act";
import { DescribedResult } from "./described-result";
import type { NodeInput } from "./node-input";

/** The settings of a node that can act by name. */
export interface ActDef {
  /** Blank: the node sends what its path or endpoint says. */
  act?: string;
  verify?: boolean;
  dryRun?: boolean;
  confirm?: boolean;
}

/** What a message and a node's settings ask for; undefined if the node has no act. */
export async function readActOrder(def: ActDef, input: NodeInput): Promise<ActOrder | undefined> {
  if (!def.act) return undefined;
  return {
    act: def.act,
    target: await input.text("target"),
    value: await input.value("value", "payload"),
    verify: def.verify !== false,
    dryRun: def.dryRun === true,
    confirm: def.confirm === true,
  };
}

/** The result of an act, with what the status says of it: in yellow where the platform does not show what was asked for. */
export function describeAct({ act }: ActOrder, { payload, verified }: ActOutcome): DescribedResult {
  if (verified === undefined) return new DescribedResult(payload, { key: "preview" });
  if (verified === false) return new DescribedResult(payload, { key: "unverified", isDoubtful: true });
  const isPlain = ["boolean", "number", "string"].includes(typeof payload);
  return new DescribedResult(payload, { text: isPlain ? `${act}: ${String(payload)}` : act });
}
