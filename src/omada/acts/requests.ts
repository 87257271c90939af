// How the requests of acts are written down.
import type { OmadaRequest } from "./context";

export const post = (path: string, params: Record<string, string>, body?: object): OmadaRequest => ({
  method: "POST",
  path,
  params,
  ...(body ? { body } : {}),
});
export const put = (path: string, params: Record<string, string>, body: object): OmadaRequest => ({
  method: "PUT",
  path,
  params,
  body,
});
export const patch = (path: string, params: Record<string, string>, body: object): OmadaRequest => ({
  ...put(path, params, body),
  method: "PATCH",
});
