import { join } from 'node:path';
import { paths } from '@neco/cluster-access';

/** Where the database is saved for the time that members change. It holds secrets, so it goes when all is well. */
export const backupPath = (lrn: number): string => join(paths.state, `leave-${String(lrn)}.db`);

/** The LRN of a file of that name; undefined of another file. */
export function backedUpLrn(name: string): number | undefined {
  const digits = /^leave-([0-9]+)\.db$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
