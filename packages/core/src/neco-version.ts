/** Set by the bundler of the neco deb (tools/deb), because a bundle lies beside no package.json. */
declare const NECO_VERSION: string | undefined;

/**
 * The version of neco that this code belongs to. The root package.json decides it; `npm version`
 * copies it into each package.
 */
export function necoVersion(): string {
  if (typeof NECO_VERSION === 'string') return NECO_VERSION;
  // Importing node:fs by name would take longer than the answer of `neco --version`.
  const fs = process.getBuiltinModule('node:fs');
  const manifest = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** No neco was built before this: a clock that says an earlier time is wrong. The debs bear this date. */
export const earliestClock = new Date('2026-01-01T00:00:00Z');
