import { inputError } from "../../../core/errors";
import type { Sysinfo } from "./sysinfo";

type Range = readonly [lowest: number, highest: number];

/** The colour temperatures of the models, in kelvin (kasa.md section 5). */
const RANGES: readonly (readonly [model: RegExp, range: Range])[] = [
  [/^(LB130|LB230|KB130|KL130B?|KL135|KL430|KL400L5)\b/i, [2500, 9000]],
  [/^(LB120\b|KL120\(EU\))/i, [2700, 6500]],
  [/^KL125\b/i, [2500, 6500]],
  [/^KL120\(US\)/i, [2700, 5000]],
];

/** The colour temperatures of a light. Undefined for a model that is not known: it knows best itself. */
export function colorTempRange({ model = "", is_variable_color_temp }: Sysinfo): Range | undefined {
  return is_variable_color_temp === 1 ? RANGES.find(([pattern]) => pattern.test(model.trim()))?.[1] : undefined;
}

/** @throws `input` for a colour temperature that the model does not have */
export function checkColorTemp(colorTemp: number | undefined, sysinfo: Sysinfo): void {
  const [lowest, highest] = colorTempRange(sysinfo) ?? [0, Infinity];
  if (colorTemp === undefined || (colorTemp >= lowest && colorTemp <= highest)) return;
  throw inputError(`"value.colorTemp" must be from ${lowest} to ${highest} for this light (${sysinfo.model}).`);
}
