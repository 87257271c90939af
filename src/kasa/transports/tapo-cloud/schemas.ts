import { z } from "zod";
import { readableArray } from "../../array-schemas";

const Text = z.string().optional().catch(undefined);

/** An entry of the list of things. What is not named here stays here: some entries hold secrets and positions. */
export const ListedThing = z.object({
  // It becomes part of paths and of lists with commas.
  thingName: z.string().regex(/^[\w.:-]{1,100}$/),
  nickname: z.string().catch(""),
  deviceType: z.string().catch(""),
  deviceName: z.string().catch(""),
  model: z.string().catch(""),
  category: z.string().catch(""),
  /** 1 = online. */
  status: z.coerce.number().catch(0),
  appServerUrl: Text,
  appServerUrlV2: Text,
  mac: Text,
  fwVer: Text,
  hwVer: Text,
  /** Its time zone, which stays here as well. */
  region: Text,
  role: z.number().optional().catch(undefined),
  familyId: Text,
  roomId: Text,
  isSubThing: z.boolean().catch(false),
  originalThingName: Text,
  edgeThingName: Text,
  position: z.number().optional().catch(undefined),
  slotNumber: z.number().optional().catch(undefined),
});
export type ListedThing = z.infer<typeof ListedThing>;

export const ThingPage = z.object({ data: z.array(z.unknown()), total: z.coerce.number().catch(Infinity) });
export type ThingPage = z.infer<typeof ThingPage>;

const Keys = z.record(z.string(), z.unknown());

export const Shadow = z.object({
  thingName: z.string(),
  // Either half may be missing (tapo-cloud.md section 5).
  state: z.object({ desired: Keys.optional().catch(undefined), reported: Keys.optional().catch(undefined) }).catch({}),
  version: z.coerce.number().catch(0),
});
export type Shadow = z.infer<typeof Shadow>;

export const ShadowList = z.object({ shadows: readableArray(Shadow) });

export const WrittenShadow = z.looseObject({});

export const ServerInfo = z.object({ appServerUrl: Text, appServerUrlV2: Text });

/** Without a meter there is no energy in it. */
export const Usage = z.object({ energy_usage: Keys.optional() });

export const EnergyData = z.object({ energy_data: Keys.optional() });

/** Some services answer with JSON as text. */
export const ServiceOutput = z.object({
  outputParams: z.object({ responseData: z.union([z.string(), Keys]) }),
});

const ThingEvent = z.object({
  logId: z.coerce.number(),
  /** Such as `singleClick`. */
  name: z.string(),
  /** Seconds since 1970. */
  timestamp: z.coerce.number(),
  params: Keys.optional().catch(undefined),
});
export type ThingEvent = z.infer<typeof ThingEvent>;

export const EventList = z.object({ events: readableArray(ThingEvent) });

/** The three spellings of an error, each with its code as number or as text. */
export const ErrorBody = z.object({
  error_code: z.coerce.number().optional().catch(undefined),
  errorCode: z.coerce.number().optional().catch(undefined),
  code: z.coerce.number().optional().catch(undefined),
  msg: Text,
  message: Text,
  data: z.object({ curVersion: z.coerce.number() }).optional().catch(undefined),
});
