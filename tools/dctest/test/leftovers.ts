import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/host/run.ts';

/** Everything on this machine that bears the name of a data centre: mounts, networks, processes, cgroups, files. */
export async function leftovers(name: string): Promise<string[]> {
  const mine = (text: string) => text.includes(`neco-${name}`) || text.includes(`/dc/${name}/`);
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').filter(mine);
  const links = (await run(['ip', '-o', 'link'])).split('\n').filter(mine);
  const folders = [
    '/run/netns',
    '/run/systemd/nspawn/propagate',
    '/run/systemd/nspawn/locks',
    '/run/neco-dctest',
  ];
  const files = (await Promise.all(folders.map(entries))).flat();
  const known = files.filter((file) => mine(file) || file.endsWith(`/${name}.json`));
  const groups = (await Promise.all(['unified', 'systemd', '.'].map(cgroups))).flat();
  return [
    ...mounts,
    ...links,
    ...known,
    ...groups.filter((path) => path.endsWith(`/${name}`)),
    ...(await processes(mine)),
  ];
}

async function cgroups(hierarchy: string): Promise<string[]> {
  return entries(join('/sys/fs/cgroup', hierarchy, 'neco-dctest'));
}

async function processes(mine: (text: string) => boolean): Promise<string[]> {
  const numbers = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(
    numbers.map(async (number) => {
      const [command, group] = await Promise.all(
        ['cmdline', 'cgroup'].map((file) => readFile(`/proc/${number}/${file}`, 'utf8').catch(() => '')),
      );
      return `${number} ${(command ?? '').replaceAll('\0', ' ')} ${(group ?? '').replaceAll('\n', ' ')}`;
    }),
  );
  return lines.filter(mine);
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((entry) => join(folder, entry));
}
