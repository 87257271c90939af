import dns from "node:dns";

type Lookup = (error: NodeJS.ErrnoException | null, address?: unknown, family?: number) => void;

/** What a name comes to: addresses, an error's code, or no answer at all. */
type Resolved = readonly string[] | "ENOTFOUND" | "EAI_AGAIN" | "silence";

const known = dns.lookup;
const family = (address: string): number => (address.includes(":") ? 6 : 4);

/** The machine's resolver as a test wants it: only the names of the stage are asked for. */
export class Resolver {
  /** How often a name was asked for. */
  asked = 0;

  private constructor(public answer: Resolved) {}

  /** Puts itself in the place of the machine's own, for every name that ends with `.localhost`. */
  static answering(answer: Resolved): Resolver {
    const resolver = new Resolver(answer);
    dns.lookup = ((name: string, options: { all?: boolean }, done: Lookup): void => {
      if (!name.endsWith(".localhost")) return (known as (...of: unknown[]) => void)(name, options, done);
      resolver.asked++;
      const current = resolver.answer;
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

  /** Puts the machine's own resolver back. */
  static restore(): void {
    dns.lookup = known;
  }
}
