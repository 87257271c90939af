/** A row as the Open API sends it. The types below name the fields that the simulator itself uses. */
export type Row = Record<string, unknown>;

/** `ownerId` is the id of the controller or of a customer. */
export type Site = Row & { siteId: string; name: string; ownerId: string; ledEnable: boolean };

/** `status`: 0 disconnected, 1 connected, 2 pending, 3 heartbeat missed, 4 isolated. */
export type Device = Row & {
  siteId: string;
  mac: string;
  name: string;
  type: "gateway" | "switch" | "ap";
  status: number;
  /** By the controller's clock. */
  rebootingUntil: number;
  wans: Wan[];
  ports: Port[];
  ssids: Ssid[];
  /** The device's own settings; `ledSetting`: 0 off, 1 on, 2 as the site. */
  general: Row & { ledSetting: number };
  isLocating: boolean;
  /** By the controller's clock. */
  upgradingUntil: number;
  firmwareVersion: string;
  latestFirmware: string;
};

/** `status` is the link, `internetState` whether there is internet behind it. */
export type Wan = Row & { port: number; name: string; status: number; internetState: number };

/** `poe` is whether the port supports PoE, `poeMode` whether it is on. */
export type Port = Row & { port: number; poe: boolean; poeMode: number; profileOverrideEnable: boolean };

/** A network as one access point broadcasts it. */
export type Ssid = Row & {
  ssidId: string;
  ssidEntryId: number;
  ssidName: string;
  ssidEnable: boolean;
  vlanEnable: boolean;
  vlanId?: number | undefined;
};

/** `list` is the kind of device that applies the rule. */
export type Acl = Row & {
  siteId: string;
  list: "osg" | "osw" | "eap";
  id: string;
  description: string;
  status: boolean;
};

export type Vpn = Row & { siteId: string; id: string; name: string; status: boolean };

export type VoucherGroup = Row & { siteId: string; id: string; vouchers: Row[] };

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
  rateLimit: Row;
};

/** A line of a site's log; alerts also have a `level`, and may be `resolved`. */
export type Log = Row & { siteId: string; id: string; key: string; module: string; time: number; resolved?: boolean };

export type Customer = Row & { customerId: string; customerName: string };

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function toRows(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** A row without its internal fields. */
export function omit(row: Row, hidden: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !hidden.includes(field)));
}
