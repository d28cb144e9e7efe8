import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';

/** A directory that all may enter (apt fetches as a user of its own), removed with the test. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'neco-host-'));
  await chmod(path, 0o755);
  return { path, remove: () => remove(path) };
}
