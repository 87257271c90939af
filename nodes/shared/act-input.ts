import type { ActOrder, ActOutcome } from "../../src/acts/act";
import { setOperation, type CallOptions } from "../../src/core/call-context";
import { DescribedResult } from "./described-result";
import type { NodeInput } from "./node-input";

/** The settings of a node that can act by name, beside its act: with a blank one it sends what its path or endpoint says. */
export interface ActDef {
  verify?: boolean;
  dryRun?: boolean;
  confirm?: boolean;
}

/** What a message and the settings of a node that has an act ask for. */
export async function readActOrder(act: string, def: ActDef, input: NodeInput, call: CallOptions): Promise<ActOrder> {
  setOperation(act, call);
  return {
    act,
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
