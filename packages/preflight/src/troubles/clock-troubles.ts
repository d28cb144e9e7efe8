import { earliestClock } from '@neco/core';
import type { ClockKeeper, HostReader } from '@neco/host-installer';
import type { HostTrouble } from './host-trouble.ts';

/** A clock that cannot be right, and one that nothing synchronises. */
export async function clockTroubles(host: HostReader): Promise<HostTrouble[]> {
  const [{ clock }, keeper] = await Promise.all([host.facts(), host.clockKeeper()]);
  return clockTrouble(clock, keeper);
}

/** Judges a clock. @param clock in milliseconds since the epoch */
export function clockTrouble(clock: number, keeper: ClockKeeper): HostTrouble[] {
  const by = keeper.name === undefined ? '' : ` (${keeper.name})`;
  if (clock < earliestClock.getTime()) {
    return [
      {
        id: 'clock-impossible',
        message: `the clock says ${new Date(clock).toISOString()}, which is before this neco was built (${earliestClock.toISOString().slice(0, 10)})`,
        remedy: `synchronize the clock${by}, with chrony or systemd-timesyncd; to see it: timedatectl`,
      },
    ];
  }
  if (keeper.synchronized !== false) return [];
  return [
    {
      id: 'clock-unsynchronized',
      message:
        keeper.name === undefined
          ? 'nothing synchronizes the clock'
          : `the clock is not synchronized, says ${keeper.name}`,
      remedy:
        keeper.name === undefined
          ? 'apt-get install chrony'
          : keeper.name === 'chrony'
            ? 'chronyc -n sources; where one is marked with ?, start that time server or name another in /etc/chrony/chrony.conf; then: systemctl restart chrony'
            : 'timedatectl timesync-status; where its server does not answer, name another in /etc/systemd/timesyncd.conf; then: systemctl restart systemd-timesyncd',
    },
  ];
}
