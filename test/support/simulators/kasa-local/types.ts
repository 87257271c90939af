/** A response of a SMART device: `result` is missing where a method only sets something. */
export interface SmartResponse {
  error_code: number;
  result?: unknown;
}

/** What a SMART device does with a request, however that has reached it. */
export interface SmartFirmware {
  answer(request: { method: string; params?: unknown }): SmartResponse;
}

/**
 * How a device wraps what it understands: `aes1` and `aes2` are secure passthrough with the password, and with a hash of it;
 * `klap2-tls` is KLAP with a certificate of the device's own.
 */
export type LanTransport = "xor" | "klap1" | "klap2" | "klap2-tls" | "aes1" | "aes2" | "tpap";

/** The account that the devices were set up with. */
export interface Owner {
  email: string;
  password: string;
}

/** What a device's firmware does with a decrypted request. */
export type Carry = (request: Record<string, unknown>) => object;
