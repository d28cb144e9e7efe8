import { lstat } from 'node:fs/promises';
import type { ClockKeeper } from './host-reader.ts';
import { runCommand } from './run-command.ts';
import { runningLink } from './units/running-link.ts';

/** Others that synchronise clocks and are not asked. */
const others = ['ntpsec.service', 'ntp.service', 'openntpd.service', 'ptp4l.service', 'phc2sys.service'];

/**
 * How long an answer of chrony is good for, in ms: to ask it takes a process. That a clock is synchronised again is seen sooner than that
 * it no longer is, which chrony itself finds out slowly.
 */
const rests = { synchronized: 5 * 60_000, unsynchronized: 30_000 } as const;

/**
 * Who synchronises this host's clock, and whether it is synchronised, as far as that can be found out. A container has the
 * clock of its host. See systemd-timesyncd.service(8) and chronyc(1).
 */
export function clockKeepers(): () => Promise<ClockKeeper> {
  let chrony: { synchronized: boolean; at: number } | undefined;
  const isChronySynchronized = async (): Promise<boolean> => {
    const rest = chrony?.synchronized === true ? rests.synchronized : rests.unsynchronized;
    if (chrony === undefined || performance.now() - chrony.at > rest)
      chrony = { synchronized: await askChrony(), at: performance.now() };
    return chrony.synchronized;
  };
  return async () => {
    if (await exists(runningLink('chrony.service')))
      return { name: 'chrony', synchronized: await isChronySynchronized() };
    chrony = undefined;
    if (await exists(runningLink('systemd-timesyncd.service')))
      return { name: 'systemd-timesyncd', synchronized: await exists('/run/systemd/timesync/synchronized') };
    const running = await Promise.all(others.map((unit) => exists(runningLink(unit))));
    if (running.includes(true) || (await exists('/run/systemd/container'))) return {};
    return { synchronized: false };
  };
}

/** The last field is the leap status. https://chrony-project.org/doc/4.3/chronyc.html (tracking) */
async function askChrony(): Promise<boolean> {
  const { exitCode, stdout } = await runCommand('chronyc', ['-c', '-n', 'tracking'], { timeout: 5000 });
  return exitCode === 0 && !/Not synchroni[sz]ed/i.test(stdout);
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
