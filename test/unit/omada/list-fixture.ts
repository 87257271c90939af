import { OmadaFixture } from "../../support/omada-fixture";

export const CLIENTS = "sites/{siteId}/clients";

/** A site with that many clients. */
export async function startWithClients(
  count: number,
  concurrency?: number,
): Promise<{ fixture: OmadaFixture; site: string; macs: string[] }> {
  const fixture = await OmadaFixture.start({}, {}, concurrency);
  const yard = fixture.omada.addSite("Yard");
  const macs = fixture.omada.addClients(yard, count).map(({ mac }) => mac);
  return { fixture, site: yard.siteId, macs };
}

export const macsOf = (payload: unknown): unknown[] => (payload as { mac: string }[]).map(({ mac }) => mac);

/** Adds clients at the start of the list. */
export function addClientsFirst({ omada }: OmadaFixture, count: number): void {
  const added = omada.addClients(omada.site("Yard"), count);
  omada.clients = [...added, ...omada.clients.slice(0, -count)];
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const requestedPages = (fixture: OmadaFixture, name: "page" | "pageSize" = "page"): number[] =>
  fixture.omada.server.journal.filter(({ query }) => query.has(name)).map(({ query }) => Number(query.get(name)));
