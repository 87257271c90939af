import dns from "node:dns";

type Lookup = (error: NodeJS.ErrnoException | null, address?: unknown, family?: number) => void;

/** What a lookup results in: addresses, the code of an error, or no answer. */
type LookupResult = readonly string[] | "ENOTFOUND" | "EAI_AGAIN" | "silence";

const systemLookup = dns.lookup;
const family = (address: string): number => (address.includes(":") ? 6 : 4);

/** Replaces the system's resolver for every name that ends with `.localhost`. */
export class Resolver {
  lookups = 0;

  private constructor(public result: LookupResult) {}

  static install(result: LookupResult): Resolver {
    const resolver = new Resolver(result);
    dns.lookup = ((name: string, options: { all?: boolean }, done: Lookup): void => {
      if (!name.endsWith(".localhost")) return (systemLookup as (...of: unknown[]) => void)(name, options, done);
      resolver.lookups++;
      const { result: current } = resolver;
      if (current === "silence") return;
      setImmediate(() => {
        if (typeof current === "string") {
          return done(
            Object.assign(new Error(`getaddrinfo ${current} ${name}`), { code: current, syscall: "getaddrinfo" }),
          );
        }
        if (options.all)
          return done(
            null,
            current.map((address) => ({ address, family: family(address) })),
          );
        done(null, current[0], family(current[0] ?? ""));
      });
    }) as typeof dns.lookup;
    return resolver;
  }

  /** Restores the system's resolver. */
  static restore(): void {
    dns.lookup = systemLookup;
  }
}
