import { PlatformError } from "../../../core/errors";
import { RequestNotSentError } from "../../../http/retry";
import type { LocalCredentials } from "./credentials";
import type { LocalEndpoint } from "./endpoint";

/** The session is over (kasa-local.md section 8). */
export const SESSION_TIMEOUT = 9999;
/** The device wants another envelope. */
export const OTHER_ENVELOPE = 1003;

/** The device proved that it knows none of the credentials, or refused them. */
export function credentialsError({ owner }: LocalEndpoint, credentials: LocalCredentials): RequestNotSentError {
  const isForeign = owner !== "" && owner !== credentials.owner;
  return new RequestNotSentError(
    "sign-in",
    isForeign
      ? "The device belongs to another account, or the e-mail address is written differently there: upper and lower case count. Correct the account in the config node."
      : "The device does not accept the e-mail address or the password on the local network. Upper and lower case count in both. After a change of the password the device must have been online once.",
  );
}

/** The firmware speaks to TP-Link's own app only, until its owner allows others (kasa-local.md section 7). */
export function thirdPartyError(): RequestNotSentError {
  return new RequestNotSentError(
    "unsupported",
    "This device's firmware accepts TP-Link's own app only. In the app, turn on Me > Third-Party Services > Third-Party Compatibility; if it is on, turn it off and on again. Then try again.",
  );
}

/** The device has changed its envelope, after an update for instance: a new probe will tell. */
export function otherEnvelopeError(): RequestNotSentError {
  return new RequestNotSentError(
    "protocol",
    "The device now speaks another protocol on the local network, perhaps after a firmware update. Send the message again.",
  );
}

export function unsupportedEnvelopeError(): RequestNotSentError {
  return new RequestNotSentError(
    "unsupported",
    "The device speaks a protocol on the local network that this package does not know. Reach it through the cloud.",
  );
}

/** Not in a place where its password can be caught: whoever answers for the device would get it. */
export function unnamedHostError(): RequestNotSentError {
  return new RequestNotSentError(
    "config",
    "This device's old firmware asks for the password itself. Update the firmware, or add the address of the device to the hosts in the config node.",
  );
}

export function notFoundError(): RequestNotSentError {
  return new RequestNotSentError(
    "offline",
    "The device does not answer on the local network. Check its power and its Wi-Fi, and that broadcasts reach it; or add its address to the hosts in the config node.",
  );
}

/** Another device has the address now. */
export function otherDeviceError(): RequestNotSentError {
  return new RequestNotSentError("offline", "Another device has the address on the local network that this one had.");
}

/** It refuses the question, as devices do that get too many: nobody knows whether it is the one that was meant. */
export function unnamedDeviceError(): RequestNotSentError {
  return new RequestNotSentError("busy", "The device does not tell at present who it is. Send the message again.");
}

/** Also the second session was refused. */
export function sessionRefusedError(): PlatformError {
  return new RequestNotSentError(
    "busy",
    "The device ends each session at once: another program may be talking to it at the same time.",
    { statusCode: 403 },
  );
}
