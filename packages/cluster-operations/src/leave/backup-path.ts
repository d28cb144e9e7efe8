import { join } from 'node:path';
import { paths } from '../paths.ts';

/** Where the database is saved for the time that members change. It holds secrets, so it goes when all is well. */
export const backupPath = (lrn: number): string => join(paths.state, `leave-${String(lrn)}.db`);
