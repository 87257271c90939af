import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** An HTTP proxy on loopback that opens tunnels (CONNECT), and records for whom. */
export class HttpProxy {
  /** `host:port` of each tunnel that was requested. */
  readonly tunnels: string[] = [];
  /** All bytes that clients have sent through tunnels, as latin1. */
  sent = "";
  /** The `Proxy-Authorization` header that is required; undefined = none. */
  authorization: string | undefined;
  /** The status of the response to every request; 200 opens a tunnel. */
  status = 200;
  /** Names that this proxy resolves to an address of this machine; with a port, if it is another one there. */
  readonly hosts = new Map<string, string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((_, response) => response.writeHead(405).end());
    this.#server.on("connection", (socket: Socket) => this.#track(socket));
    this.#server.on("connect", ({ url = "", headers }, socket: Socket) => {
      this.tunnels.push(url);
      if (this.authorization !== undefined && headers["proxy-authorization"] !== this.authorization) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n\r\n');
      } else if (this.status === 200) {
        this.#openTunnel(url, socket);
      } else {
        socket.end(`HTTP/1.1 ${this.status} No\r\nContent-Length: 0\r\n\r\n`);
      }
    });
  }

  static async start(): Promise<HttpProxy> {
    const proxy = new HttpProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #openTunnel(url: string, socket: Socket): void {
    const [, host = "", port] = /^(.*):(\d+)$/.exec(url) ?? [];
    const [address = host, ownPort = port] = this.hosts.get(host)?.split(":") ?? [];
    const upstream = this.#track(connect(Number(ownPort), address));
    upstream.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.on("data", (data: Buffer) => (this.sent += data.toString("latin1")));
      socket.pipe(upstream).pipe(socket);
    });
    upstream.once("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}
