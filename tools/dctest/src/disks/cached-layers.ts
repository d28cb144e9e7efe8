import type { DiskSource } from './cached-disks.ts';
import { clusterDisks } from './cluster-disks.ts';
import { necoDisk } from './neco-disk.ts';
import type { Suite } from '../image/suites.ts';

export interface CachedLayersOptions {
  /** The base images, by the release of Debian. */
  readonly bases: ReadonlyMap<Suite, string>;
  /** The tree of the depot, which has the debs. */
  readonly depot: string;
  /** The servers that are a finished cluster; none where no cluster is wanted. */
  readonly members: readonly { readonly lrn: number; readonly suite: Suite }[];
  /** Brings up a data centre that a layer is made of. */
  readonly up: (options: {
    readonly name: string;
    readonly lrns: readonly number[];
    readonly suites: readonly Suite[];
    readonly fresh?: boolean;
  }) => Promise<DiskSource>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * What lies below disks that are not empty: for each release a directory with neco, and where there are members, one that
 * has a directory for each. They are made by data centres named as tests name theirs, so that what takes down what killed
 * tests have left takes down these too.
 */
export async function cachedLayers({
  bases,
  depot,
  members,
  up,
  say,
  signal,
}: CachedLayersOptions): Promise<{ neco: ReadonlyMap<Suite, string>; cluster?: string }> {
  const neco = new Map<Suite, string>();
  for (const [suite, base] of bases) {
    const bringUp = (lrn: number) =>
      up({ name: `nd${process.pid}`, lrns: [lrn], suites: [suite], fresh: true });
    neco.set(suite, await necoDisk([base, depot], bringUp, say));
  }
  if (members.length === 0) return { neco };
  const [lrns, suites] = [members.map(({ lrn }) => lrn), members.map(({ suite }) => suite)];
  const below = [...suites.map((suite) => neco.get(suite) ?? ''), depot];
  const bringUp = () => up({ name: `cd${process.pid}`, lrns, suites });
  return { neco, cluster: await clusterDisks(lrns, below, bringUp, { say, signal }) };
}
