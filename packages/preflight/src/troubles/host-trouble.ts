/** What can be wrong with a host at any time, in setup's preflight as well as in the status of a cluster. */
export type HostTroubleId =
  | 'disk-full'
  | 'disk-filling'
  | 'unit-replaced'
  | 'unit-masked'
  | 'audit-device-broken'
  | 'clock-impossible'
  | 'clock-unsynchronized';

export interface HostTrouble {
  id: HostTroubleId;
  /** What is wrong, without the name of the server. */
  message: string;
  /** What to do there, usually a command. */
  remedy: string;
  /** What else it takes on a server that is set up already. */
  after?: string;
}

/** With a trouble of these kinds nothing is refused. */
const harmless: readonly HostTroubleId[] = ['disk-filling', 'clock-unsynchronized'];

/** Whether it stands in the way of setup and join. */
export function isObstacle({ id }: HostTrouble): boolean {
  return !harmless.includes(id);
}
