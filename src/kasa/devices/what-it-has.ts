import { isPlatformError } from "../../core/errors";
import type { ReportedDevice, Send } from "../protocols/device-protocol";
import { unsupportedError } from "../protocols/supported";

/**
 * Carries out a command. Where the firmware does not know it, the error says what the device has in its place.
 * @throws what the command throws
 */
export async function orWhatItHas<T>(
  command: string,
  reported: ReportedDevice,
  send: Send,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isPlatformError(error, "unsupported") || error.details.vendorCode === undefined) throw error;
    const { commands } = await reported.abilities(send);
    throw unsupportedError(reported.state.kind, command, commands, error.details);
  }
}
