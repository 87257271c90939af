import { isPlainObject } from "../../core/encoding";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { toNumber } from "../collections";
import type { Fields } from "../endpoints";
import { fetchStatus, type StatusReader } from "./status-reader";

/** A GPS fix. */
interface Fix {
  /** The router's own fields. */
  location: Fields;
  latitude: number;
  longitude: number;
  /** Metres. */
  accuracyM: number;
}

/** The only item of this source, and its id. */
const LOCATION = "location";
/** Fixes that are nearer to each other are the same place: a receiver that stands still drifts by that much. */
const MIN_DISTANCE_M = 50;
/** The same as a multiple of the accuracy. */
const MIN_DISTANCE_ACCURACIES = 3;
/** Metres for each unit of `hdop`, as other clients of this API take it (peplink.md section 3). */
const HDOP_M = 5;
const EARTH_RADIUS_M = 6_371_000;

/** Where the router is. A fix is kept until another one is far enough from it, so that many small steps are a move too. */
export function locationSource(client: StatusReader): PollSource<{ fix: Fix | undefined }> {
  return {
    async poll(_filter, previous, options) {
      const response = await fetchStatus(client, "info.location", {}, options);
      if (!isPlainObject(response)) throw protocolError("It holds no location.");
      const last = previous.get(LOCATION)?.fix;
      const fix = parseFix(response);
      // Without a fix, the router is assumed to be where it was.
      const hasMoved = fix && (!last || distanceM(last, fix) >= minDistanceM(last, fix));
      return new Map([[LOCATION, { fix: hasMoved ? fix : last }]]);
    },
    diff(before, after, id) {
      // The first fix is not a move.
      if (!after?.fix || before?.fix === after.fix || (before && !before.fix)) return [];
      const previous = before?.fix?.location ?? null;
      return [{ event: "moved", id, name: id, current: after.fix.location, previous }];
    },
  };
}

// With `gps: false` an old location may remain (peplink.md section 3).
function parseFix({ gps, location }: Fields): Fix | undefined {
  if (gps !== true || !isPlainObject(location)) return undefined;
  const latitude = toNumber(location["latitude"]);
  const longitude = toNumber(location["longitude"]);
  const isValid = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0);
  if (!isValid) return undefined;
  const hdop = toNumber(location["hdop"]);
  const accuracyM = hdop > 0 ? hdop * HDOP_M : 0;
  return { location, latitude, longitude, accuracyM };
}

function minDistanceM(one: Fix, other: Fix): number {
  return Math.max(MIN_DISTANCE_M, MIN_DISTANCE_ACCURACIES * Math.max(one.accuracyM, other.accuracyM));
}

/** The great-circle distance (haversine formula). */
function distanceM(one: Fix, other: Fix): number {
  const [a, b] = [toRadians(one.latitude), toRadians(other.latitude)];
  const difference = toRadians(other.longitude - one.longitude);
  const haversine = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(difference / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(haversine));
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
