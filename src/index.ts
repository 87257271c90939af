// The clients of this package for programs other than Node-RED. The nodes do not import this file: each of them loads its
// own platform alone, and only when it needs it.
export { LightAbortController, type AbortSignalLike } from "./core/abort";
export { createTrace, type CallOptions, type CallTrace } from "./core/call-context";
export { systemClock, type Clock } from "./core/clock";
export { isPlatformError, PlatformError, type ErrorCode, type ErrorDetails } from "./core/errors";
export { parseServerAddress, type ServerAddress } from "./http/server-address";
export { parseFingerprint, type TlsSettings } from "./http/tls";
export { Transport, type TransportOptions } from "./http/transport";
export { KasaClient, type DeviceWithState, type KasaSettings } from "./kasa/client";
export type { Device, DeviceKind, DeviceState, Energy, Outlet } from "./kasa/device";
export type { DeviceSetting } from "./kasa/device-setting";
export { OmadaClient, type OmadaQuery, type OmadaResult, type OmadaSettings } from "./omada/client";
export type { OmadaCommand } from "./omada/commands";
export { PeplinkClient, type PeplinkSettings, type StatusFormat } from "./peplink/client";
export { SessionState } from "./session/session-state";
