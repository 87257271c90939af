import type { Json } from "./firmware";

const MESSAGES = {
  [-10100]: "JSON format error",
  [-20002]: "Request timeout",
  [-20004]: "API rate limit exceeded",
  [-20103]: "The method does not exist or is not available",
  [-20104]: "Parameter doesn't exist",
  [-20571]: "Device is offline",
  [-20573]: "Parameter requestData doesn't exist",
  [-20580]: "Account is not binded to the device",
  [-20600]: "Account not found",
  [-20601]: "Incorrect email or password",
  [-20651]: "Token expired",
  [-20655]: "Refresh token expired",
  [-20656]: "Refresh token incorrect",
  [-20661]: "Account locked",
  [-20675]: "Account login in other places",
  [-23001]: "app not found",
  [-23003]: "App version is too old",
};

/** An error code of the cloud. */
export type CloudErrorCode = keyof typeof MESSAGES;

/** The cloud refuses a request: HTTP 200, with the error in the envelope. */
export class CloudError extends Error {
  constructor(readonly code: CloudErrorCode) {
    super(MESSAGES[code]);
  }
}

/** Nests an error of a sign-in in the result of a success, as some gateways do. */
export function nestError(signIn: () => Json): Json {
  try {
    return { ...signIn(), errorCode: "0" };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return { errorCode: String(error.code), errorMsg: error.message };
  }
}
