import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";

/** A source map (version 3) of a script that tsc made of one source. */
export interface SourceMap {
  version: number;
  file: string;
  sources: string[];
  names: string[];
  mappings: string;
}

/**
 * Reduces a source map to lines: an eighth of the size, and all that a stack trace needs. Of each generated line only the
 * segments stay at which another line of the source begins.
 */
export function keepLines({ version, file, sources, mappings }: SourceMap): SourceMap {
  const lines = decode(mappings).map((segments) => {
    const kept: SourceMapSegment[] = [];
    let lastLine: number | undefined;
    for (const [column, , line] of segments) {
      if (line === undefined || line === lastLine) continue;
      kept.push([lastLine === undefined ? 0 : column, 0, line, 0]);
      lastLine = line;
    }
    return kept;
  });
  return { version, file, sources, names: [], mappings: encode(lines) };
}
