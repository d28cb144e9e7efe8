import { join } from 'node:path';
import { paths } from '@neco/cluster-access';

/** Where the database is saved for the time that members change. It holds secrets, so it goes when all is well. */
export const backupPath = (lrn: number): string => join(paths.state, `leave-${String(lrn)}.db`);

/** The files of the backup: itself, and what a process that was killed while it wrote it has left. */
export const backupFiles = (lrn: number): string[] => [backupPath(lrn), `${backupPath(lrn)}.part`];

/** The LRN of a file of that name, also of one that is not whole; undefined of another file. */
export function backedUpLrn(name: string): number | undefined {
  const digits = /^leave-([0-9]+)\.db(\.part)?$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
