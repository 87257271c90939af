const POINT_INTERVAL_S = 10;
const MAX_POINTS = 360;

/** The health checks of a link, which measure its latency. */
export class LatencyProbe {
  #latencyMs: number | null = 18;
  /** It has measured for a minute before anybody asks. */
  #data: (number | null)[] = Array.from({ length: 6 }, () => 18);
  #measuredAt: number;

  constructor(readonly now: () => number) {
    this.#measuredAt = now();
  }

  /** From now on; null = no answer. */
  set(latencyMs: number | null): void {
    this.#measure();
    this.#latencyMs = latencyMs;
  }

  /** Adds results at once, as if their time had passed. */
  add(...latencies: (number | null)[]): void {
    this.#data = [...this.#data, ...latencies].slice(-MAX_POINTS);
  }

  /** @param isUp while a link is down nothing is measured, and the samples from before remain (peplink.md section 3) */
  show(isUp: boolean): { pointInterval: number; data: (number | null)[] } {
    if (isUp) this.#measure();
    else this.#measuredAt = this.now();
    return { pointInterval: POINT_INTERVAL_S, data: [...this.#data] };
  }

  #measure(): void {
    const points = Math.floor((this.now() - this.#measuredAt) / (POINT_INTERVAL_S * 1000));
    this.#measuredAt += points * POINT_INTERVAL_S * 1000;
    const added = Array.from({ length: Math.min(points, MAX_POINTS) }, () => this.#latencyMs);
    this.add(...added);
  }
}
