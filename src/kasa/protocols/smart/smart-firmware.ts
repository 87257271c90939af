import { isPlainObject } from "../../../core/encoding";
import { isPlatformError } from "../../../core/errors";
import { toId } from "../../../core/scalar";
import type { Send } from "../device-protocol";
import { askIfSupported, fetchSmartList, isMissing } from "./smart-request";

type Components = ReadonlySet<string>;

/** What the firmware of a device has. It is learnt once, when it matters for the first time. */
export class SmartFirmware {
  /** Methods that it does not have. */
  readonly missing = new Set<string>();
  /** Whether it carries out several requests that come as one; undefined before it was asked so. */
  takesBatches: boolean | undefined;
  /** Undefined before the device was asked; null if it does not tell. */
  #own: Components | null | undefined;
  #children: ReadonlyMap<string, Components> | undefined;

  /**
   * Whether a device has a component, such as `led`.
   * @param childId of an outlet, which has components of its own; undefined = the device itself
   * @returns undefined if it does not tell
   */
  async has(component: string, send: Send, childId?: string): Promise<boolean | undefined> {
    const components = childId === undefined ? await this.#ofDevice(send) : (await this.#ofChildren(send)).get(childId);
    return components?.has(component);
  }

  async #ofDevice(send: Send): Promise<Components | undefined> {
    if (this.#own !== undefined) return this.#own ?? undefined;
    const own = toComponents(await askIfSupported("component_nego", send));
    if (own || (await isMissing("component_nego", send))) this.#own = own ?? null;
    return own;
  }

  async #ofChildren(send: Send): Promise<ReadonlyMap<string, Components>> {
    this.#children ??= new Map(
      (await fetchChildComponents(send)).flatMap((child) => {
        const [id, components] = isPlainObject(child) ? [child["device_id"], toComponents(child)] : [];
        return typeof id === "string" && components ? [[id, components]] : [];
      }),
    );
    return this.#children;
  }
}

async function fetchChildComponents(send: Send): Promise<unknown[]> {
  try {
    return await fetchSmartList("get_child_device_component_list", "child_component_list", send);
  } catch (error) {
    if (isPlatformError(error, "unsupported", "input", "protocol")) return [];
    throw error;
  }
}

function toComponents({ component_list: list }: Readonly<Record<string, unknown>> = {}): Components | undefined {
  if (!Array.isArray(list)) return undefined;
  return new Set(list.map((component: unknown) => (isPlainObject(component) ? toId(component["id"]) : "")));
}
