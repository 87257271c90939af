import { isPlainObject } from "../../core/encoding";
import { toNumber } from "../../core/scalar";
import { protocolError } from "../../http/response";
import type { PollSource } from "../../polling/types";
import { toFlag } from "../collections";
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

/** What is known of the place and the motion of a router. */
interface Position {
  /** Where it was when it had last moved: a fix that is near it is the same place. */
  place: Fix | undefined;
  /** The latest location, with `moving` if its speed is known. */
  location: Fields;
  /** Undefined while its speed is not known. */
  isMoving: boolean | undefined;
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
/** A router starts to move at this speed, more than a receiver that stands still shows, and stops below the other one. */
const MOVING_SPEED = 3;
const STANDING_SPEED = 1.5;

/**
 * Where the router is, and whether it moves. A place is kept until a fix is far enough from it, so that many small steps
 * are a move too.
 * @param bySpeed whether only starts and stops are events, and distances are not
 */
export function locationSource(client: StatusReader, bySpeed: boolean): PollSource<Position> {
  return {
    async poll(_filter, previous, options) {
      const response = await fetchStatus(client, "info.location", {}, options);
      if (!isPlainObject(response)) throw protocolError("It holds no location.");
      const last = previous.get(LOCATION) ?? { place: undefined, location: {}, isMoving: undefined };
      const fix = parseFix(response);
      // Without a fix, the router is assumed to be where it was.
      return new Map([[LOCATION, fix ? nextPosition(last, fix) : last]]);
    },
    diff(before, after, id) {
      if (!after?.place) return [];
      // The first fix is not a move.
      const hasMoved = !bySpeed && before?.place !== after.place && (!before || before.place !== undefined);
      const isKnown = after.isMoving !== undefined && (!before || before.isMoving !== undefined);
      const hasTurned = isKnown && before?.isMoving !== after.isMoving && (bySpeed || before !== undefined);
      if (!hasMoved && !hasTurned) return [];
      const previous = hasMoved ? before?.place?.location : before?.location;
      return [{ event: "moved", id, name: id, current: after.location, previous: previous ?? null }];
    },
    // An outage cannot take anything away here.
    isDown: () => true,
  };
}

function nextPosition({ place, isMoving: wasMoving }: Position, fix: Fix): Position {
  const speed = toNumber(fix.location["speed"]);
  const isBetween = speed < MOVING_SPEED && speed >= STANDING_SPEED;
  const isMoving = Number.isNaN(speed) || (isBetween && wasMoving !== undefined) ? wasMoving : speed >= MOVING_SPEED;
  const hasMoved = !place || distanceM(place, fix) >= minDistanceM(place, fix);
  const location = isMoving === undefined ? fix.location : { ...fix.location, speed, moving: isMoving };
  return { place: hasMoved ? { ...fix, location } : place, location, isMoving };
}

// With `gps: false` an old location may remain (peplink.md section 3).
function parseFix({ gps, location }: Fields): Fix | undefined {
  if (!toFlag(gps) || !isPlainObject(location)) return undefined;
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
