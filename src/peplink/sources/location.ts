import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { fetchStatus, isFields, toNumber, type StatusReader } from "../collections";
import type { Fields } from "../endpoints";

/** Where the router was when it had last moved. */
interface Place {
  /** What the router shows of it. */
  location: Fields;
  latitude: number;
  longitude: number;
  /** How far off it may be, in metres. */
  accuracy: number;
}

/** A place nearer than this is the same place, in metres: what a receiver that stands still wanders. */
const SAME_PLACE_M = 50;
/** …and so is one that is nearer than this many times of what the receiver is unsure of. */
const DOUBT = 3;
/** Metres for each unit of `hdop`, as other clients of this API take it (peplink.md section 3). */
const HDOP_M = 5;
const EARTH_RADIUS_M = 6_371_000;

/** Where the router is. Kept here is where it was told to be: many small steps are a move as well. */
export function locationSource(client: StatusReader): PollSource<{ place: Place | undefined }> {
  let last: Place | undefined;
  return {
    async poll(_filter, _previous, options) {
      const answer = await fetchStatus(client, "info.location", {}, options);
      if (!isFields(answer)) throw protocolError("It says nothing of a location.");
      const place = placeOf(answer);
      if (place && (!last || distance(last, place) >= farOff(last, place))) last = place;
      // Without a fix it is taken to be where it was.
      return new Map([["location", { place: last }]]);
    },
    diff(before, after, id) {
      // The first fix is no move.
      if (!after?.place || before?.place === after.place || (before && !before.place)) return [];
      const previous = before?.place?.location ?? null;
      return [{ event: "moved", id, name: id, current: after.place.location, previous }];
    },
  };
}

// With `gps: false` an old location may remain (peplink.md section 3).
function placeOf({ gps, location }: Fields): Place | undefined {
  if (gps !== true || !isFields(location)) return undefined;
  const latitude = toNumber(location["latitude"]);
  const longitude = toNumber(location["longitude"]);
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0);
  if (!isPlace) return undefined;
  const hdop = toNumber(location["hdop"]);
  const accuracy = hdop > 0 ? hdop * HDOP_M : 0;
  return { location, latitude, longitude, accuracy };
}

function farOff(one: Place, other: Place): number {
  return Math.max(SAME_PLACE_M, DOUBT * one.accuracy, DOUBT * other.accuracy);
}

/** Metres, on a sphere. */
function distance(one: Place, other: Place): number {
  const [a, b] = [radians(one.latitude), radians(other.latitude)];
  const across = radians(other.longitude - one.longitude);
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(across / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(half));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
