import { z } from "zod";

/** A list whose first wrong row ends it: z.array collects what is wrong with each, and an answer may hold millions. */
function listOf<S extends z.ZodType>(row: S) {
  return z.array(z.unknown()).transform((rows, context) => {
    const read: z.infer<S>[] = [];
    for (const [index, each] of rows.entries()) {
      const { data, error } = row.safeParse(each);
      if (error) {
        const path = [index, ...(error.issues[0]?.path ?? [])];
        context.addIssue({ code: "custom", path });
        return z.NEVER;
      }
      read.push(data);
    }
    return read;
  });
}

/** Every answer of the cloud: HTTP 200, and the truth in `error_code` (kasa.md section 1). */
export const Envelope = z.looseObject({
  error_code: z.number(),
  msg: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Some gateways put a second verdict inside: an outer 0 over an inner code, as text or number (kasa.md section 2). */
export const InnerVerdict = z.looseObject({
  errorCode: z.coerce.number().optional(),
  errorMsg: z.string().optional().catch(undefined),
});

/** What sign-in and refresh bring. */
export const Account = z.looseObject({
  token: z.string().min(1),
  refreshToken: z.string().min(1).optional().catch(undefined),
});
export type Account = z.infer<typeof Account>;

/** A line of the cloud's device list. What is missing or odd in one of them must not spoil the others. */
export const ListedDevice = z.looseObject({
  deviceId: z.string().min(1),
  deviceType: z.string().catch(""),
  deviceModel: z.string().catch(""),
  deviceName: z.string().catch(""),
  alias: z.string().catch(""),
  appServerUrl: z.string().optional().catch(undefined),
  status: z.coerce.number().optional().catch(undefined),
});
export type ListedDevice = z.infer<typeof ListedDevice>;

export const DeviceList = z.looseObject({ deviceList: listOf(ListedDevice) });

/** What a passthrough brings: JSON inside JSON, but an object for some devices (kasa.md section 1). */
export const Passthrough = z.looseObject({
  responseData: z.union([z.string(), z.record(z.string(), z.unknown())]),
});

const LightState = z.looseObject({
  on_off: z.number().optional(),
  brightness: z.number().optional(),
  hue: z.number().optional(),
  saturation: z.number().optional(),
  color_temp: z.number().optional(),
});

/** A device's own account of itself. Which keys it has tells its family; what is odd beside them must not spoil them. */
export const Sysinfo = z.looseObject({
  alias: z.string().optional().catch(undefined),
  deviceId: z.string().optional().catch(undefined),
  rssi: z.number().optional().catch(undefined),
  led_off: z.number().optional().catch(undefined),
  relay_state: z.number().optional(),
  brightness: z.number().optional(),
  children: listOf(
    z.looseObject({ id: z.string(), alias: z.string().optional().catch(undefined), state: z.number().optional() }),
  ).optional(),
  is_color: z.number().optional(),
  is_variable_color_temp: z.number().optional(),
  light_state: LightState.extend({ dft_on_state: LightState.optional() }).optional(),
  length: z.number().optional(),
  lighting_effect_state: z.unknown().optional(),
});
export type Sysinfo = z.infer<typeof Sysinfo>;
