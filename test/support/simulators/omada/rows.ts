/** One row as the Open API sends it; the fields named below are those that the world itself goes by. */
export type Row = Record<string, unknown>;

/** A place with devices in it; `ownerId` is the controller's id or a customer's. */
export type Site = Row & { siteId: string; name: string; ownerId: string; ledEnable: boolean };

/** `status`: 0 disconnected, 1 connected, 2 pending, 3 heartbeat missed, 4 isolated. */
export type Device = Row & {
  siteId: string;
  mac: string;
  name: string;
  type: "gateway" | "switch" | "ap";
  status: number;
  /** By the controller's clock; until then the device says that it is rebooting. */
  rebootingUntil: number;
  wans: Wan[];
  ports: Port[];
  ssids: Ssid[];
};

/** `status` is the cable, `internetState` the way out. */
export type Wan = Row & { port: number; name: string; status: number; internetState: number };

/** `poe` tells whether the port has any, `poeMode` whether it is on. */
export type Port = Row & { port: number; poe: boolean; poeMode: number; profileOverrideEnable: boolean };

/** A network as one access point sends it out. */
export type Ssid = Row & { ssidEntryId: number; ssidName: string; ssidEnable: boolean };

export type Client = Row & {
  siteId: string;
  mac: string;
  name: string;
  ip: string;
  wireless: boolean;
  guest: boolean;
  active: boolean;
  blocked: boolean;
  uptime: number;
};

/** A line of a site's log; alerts also have a `level`, and may be `resolved`. */
export type Log = Row & { siteId: string; id: string; key: string; module: string; time: number; resolved?: boolean };

export type Customer = Row & { customerId: string; customerName: string };

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function rowsIn(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** A row as it goes over the wire. */
export function without(row: Row, hidden: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !hidden.includes(field)));
}
