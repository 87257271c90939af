import { z } from "zod";
import { Token } from "../../session/token";
import { readableArray } from "../array-schemas";

/** Every response of the cloud: HTTP 200, with the outcome in `error_code` (kasa.md section 1). */
export const Envelope = z.looseObject({
  error_code: z.union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,9}$/)
      .transform(Number),
  ]),
  msg: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Some gateways hide an error in the result of a success, its code as text or number (kasa.md section 2). */
export const NestedError = z.looseObject({
  errorCode: z.coerce.number().optional(),
  errorMsg: z.string().optional().catch(undefined),
});

/** The result of a login or a refresh. */
export const Account = z.looseObject({
  token: z.string().min(1),
  refreshToken: z.string().min(1).optional().catch(undefined),
});
export type Account = z.infer<typeof Account>;

/** The token of a session, with what it was obtained with. */
export const KasaToken = Token.extend({
  refreshToken: z.string().optional(),
  /** The result of the cloud. */
  account: Account,
});
export type KasaToken = z.infer<typeof KasaToken>;

/** An entry of the cloud's device list. A missing or invalid field in one of them must not invalidate the list. */
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

export const DeviceList = z.looseObject({ deviceList: readableArray(ListedDevice) });
export type DeviceList = z.infer<typeof DeviceList>;

/** The result of a passthrough: usually JSON as text, but an object for some devices (kasa.md section 1). */
export const PassthroughResult = z.looseObject({
  responseData: z.union([z.string(), z.record(z.string(), z.unknown())]),
});
export type PassthroughResult = z.infer<typeof PassthroughResult>;
