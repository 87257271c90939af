/** A LAN client, as `status.client` lists it. */
export interface LanClient {
  ip: string;
  name: string;
  mac: string;
  active: boolean;
  /** Often missing while the client is inactive. */
  connectionType?: string;
  vlanId?: number;
  essid?: string;
  lease?: { expiresIn: number; type: string };
  /** Like `speed`, only returned with `outputWeight=full`. */
  signal?: { strength: number; level: number };
  speed?: { download: number; upload: number; unit: string };
}

/** A Wi-Fi network. */
export interface Ssid {
  id: number;
  name: string;
  enable: boolean;
  frequency: string[];
  vlanId?: number;
  captivePortal: boolean;
  incontrolManaged: boolean;
  broadcast: boolean;
  security: { policy: string; wpa2Personal: { fastTransition: boolean; key: string } };
}

/** A LAN port. */
export interface Port {
  id: number;
  name: string;
  linkUp: boolean;
  enable: boolean;
  poe: boolean;
}

/** A SpeedFusion peer. */
export interface Peer {
  peerId: string;
  profileId: number;
  name: string;
  username: string;
  serialNumber: string;
  status: string;
  secure: boolean;
  type: string;
  route: string[];
}

export function defaultClients(): LanClient[] {
  const wireless = { connectionType: "wireless", essid: "Lighthouse" };
  const lease = { expiresIn: 50_000, type: "dhcp" };
  return [
    { ip: "192.168.50.10", name: "chart-plotter", mac: "02:00:5E:00:00:10", active: true, connectionType: "ethernet" },
    {
      ip: "192.168.50.21",
      name: "Keeper's phone",
      mac: "02:00:5E:00:00:21",
      active: true,
      ...wireless,
      lease,
      signal: { strength: -61, level: 4 },
      speed: { download: 320, upload: 44, unit: "kbps" },
    },
    {
      ip: "192.168.20.31",
      name: "guest-tablet",
      mac: "02:00:5E:00:00:31",
      active: true,
      ...wireless,
      lease,
      vlanId: 20,
    },
    // A client chooses its own name, which ends up in the editor's HTML.
    { ip: "192.168.50.66", name: "<img src=x onerror=alert(1)>", mac: "02:00:5E:00:00:66", active: true, ...wireless },
    { ip: "192.168.50.80", name: "weather-mast", mac: "02:00:5E:00:00:80", active: false },
  ];
}

export const defaultSsids = (): Ssid[] => [
  ssid(1, "Lighthouse", "keeper-of-the-light"),
  ssid(2, "Lighthouse Guests", "mind-the-steps", 20),
];

export const defaultPorts = (): Port[] =>
  [1, 2, 3, 4].map((id) => ({ id, name: `LAN ${id}`, linkUp: id < 3, enable: true, poe: id === 1 }));

export const defaultPeers = (): Peer[] => [
  peer(2, "Boathouse", "3333-BEEF-0002"),
  peer(1, "Keeper's Cottage", "3333-BEEF-0001"),
];

function ssid(id: number, name: string, key: string, vlanId?: number): Ssid {
  const security = { policy: "WPA2 Personal", wpa2Personal: { fastTransition: false, key } };
  const radio = { frequency: ["2.4GHz", "5GHz"], captivePortal: false, incontrolManaged: false, broadcast: true };
  return { id, name, enable: true, ...radio, ...(vlanId !== undefined && { vlanId }), security };
}

function peer(profileId: number, name: string, serialNumber: string): Peer {
  const link = { status: "CONNECTED", secure: true, type: "l3", route: [`192.168.${60 + profileId}.0/24`] };
  return { peerId: `${profileId}-1`, profileId, name, username: name, serialNumber, ...link };
}
