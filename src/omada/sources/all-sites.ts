import type { CallOptions } from "../../core/call-context";
import { protocolError } from "../../http/response";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { boundsOf } from "../list-budget";
import { PartReader, type Part } from "./parts";

/** An item, and the site that it belongs to. */
interface SiteItem<Item> {
  siteId: string;
  siteName: string;
  /** Its id at that site. */
  id: string;
  item: Item;
}

const TOO_LARGE = "All sites together have too much for one watch. Choose a site, in a node for each.";

/** The same source of all sites. Its events name their site. */
export class AllSites<Item> implements PollSource<SiteItem<Item>> {
  readonly #client: OmadaClient;
  readonly #createSource: (siteId: string) => PollSource<Item>;
  readonly #maxLength: number;
  readonly #reader = new PartReader();
  /** By site id. */
  #sources: ReadonlyMap<string, PollSource<Item>> = new Map();

  /** @param maxLength of all responses of a poll together, in characters */
  constructor(
    client: OmadaClient,
    createSource: (siteId: string) => PollSource<Item>,
    maxLength: number = boundsOf(0, false).length,
  ) {
    this.#client = client;
    this.#createSource = createSource;
    this.#maxLength = maxLength;
  }

  async poll(
    filter: ReadonlySet<string> | undefined,
    previous: ReadonlyMap<string, SiteItem<Item>>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, SiteItem<Item>>> {
    const sites = await this.#client.sites(options);
    const sources = new Map(
      sites.map(({ siteId }) => [siteId, this.#sources.get(siteId) ?? this.#createSource(siteId)]),
    );
    // A site that cannot be read stays as it was.
    const items = new Map(sites.map(({ siteId }) => [siteId, new Map<string, SiteItem<Item>>()]));
    for (const each of previous.values()) items.get(each.siteId)?.set(each.id, each);
    let receivedLength = 0;
    const onReceived = (length: number): void => void (receivedLength += length);
    const readSite = async ({ key: siteId, name: siteName }: Part): Promise<void> => {
      const before = new Map([...(items.get(siteId) ?? [])].map(([id, { item }]) => [id, item]));
      const after = await sources.get(siteId)?.poll(filter, before, { ...options, onReceived });
      if (receivedLength > this.#maxLength) throw protocolError(TOO_LARGE);
      items.set(siteId, new Map([...(after ?? [])].map(([id, item]) => [id, { siteId, siteName, id, item }])));
    };
    const parts = sites.map(({ siteId, name }) => ({ key: siteId, name: name || siteId }));
    await this.#reader.readEach(parts, readSite, options);
    this.#sources = sources;
    return new Map([...items].flatMap(([siteId, all]) => [...all].map(([id, each]) => [`${siteId} ${id}`, each])));
  }

  diff(before: SiteItem<Item> | undefined, after: SiteItem<Item> | undefined): ChangeEvent[] {
    const present = after ?? before;
    // What belongs to a site that was removed, or that the application may no longer see, has not been lost.
    const source = present && this.#sources.get(present.siteId);
    if (!source) return [];
    return source.diff(before?.item, after?.item, present.id).map((event) => ({ ...event, site: present.siteName }));
  }

  isDown({ siteId, item }: SiteItem<Item>): boolean {
    const source = this.#sources.get(siteId);
    return !source || source.isDown?.(item) === true;
  }
}
