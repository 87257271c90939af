import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;

/**
 * Limits this process to a part of a core, by a control group of version 2 or 1.
 * @returns which version it was, and a function that ends it; undefined where the machine does not allow it
 */
export function limitCpu(cores: number): { version: 1 | 2; end: () => void } | undefined {
  const isVersion2 = existsSync(join(ROOT, "cgroup.controllers"));
  const parent = isVersion2 ? ROOT : join(ROOT, "cpu");
  const group = join(parent, `homenet-bench-${process.pid}`);
  const quotaUs = cores * PERIOD_US;
  const enter = (folder: string): void => writeFileSync(join(folder, "cgroup.procs"), String(process.pid));
  try {
    if (isVersion2) writeFileSync(join(parent, "cgroup.subtree_control"), "+cpu");
    mkdirSync(group);
    if (isVersion2) writeFileSync(join(group, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
    else {
      writeFileSync(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
      writeFileSync(join(group, "cpu.cfs_quota_us"), String(quotaUs));
    }
    enter(group);
  } catch {
    try {
      // It may exist although it could not be limited or entered.
      rmdirSync(group);
    } catch {
      // It was never made, or it stays, and limits nothing.
    }
    return undefined;
  }
  const end = (): void => {
    enter(parent);
    rmdirSync(group);
  };
  return { version: isVersion2 ? 2 : 1, end };
}
