import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";

/** Packs this package and unpacks it there, as `npm install` would, but asks no network for what is here already. */
export function unpack(installed: string): void {
  const modules = resolve(installed, "../..");
  mkdirSync(installed, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", installed], {
    encoding: "utf8",
  });
  const tarball = join(installed, packed.trim());
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  rmSync(tarball);
  for (const dependency of ["undici", "zod"]) {
    symlinkSync(resolve("node_modules", dependency), join(modules, dependency), "dir");
  }
}
