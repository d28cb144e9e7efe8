import { readFile, writeFile } from 'node:fs/promises';

const file = '/proc/sys/fs/inotify/max_user_instances';
const needed = 1024;

/**
 * Every systemd holds a dozen inotify instances, and all servers of all data centres share root's 128: one that finds
 * none boots degraded. The limit is raised, never lowered. inotify(7)
 */
export async function raiseLimits(): Promise<void> {
  if (Number(await readFile(file, 'utf8')) < needed) await writeFile(file, String(needed));
}
