import { serverName, sitePath, type ErrorDetail } from '@neco/core';

/** The most that two clocks may differ, in milliseconds. */
const clockTolerance = 5000;

/** What a server tells the coordinator of itself, and what the coordinator measured of it. */
export interface ServerReport {
  lrn: number;
  /** This server's clock minus the coordinator's, in milliseconds. */
  offset: number;
  version: string;
  prefix: string;
  machineId: string;
  address: string;
  /** The address of each LRN by this server's site.yml. */
  plan: Readonly<Record<string, string>>;
  /** The setup that this server takes part in already. */
  setupId?: string | undefined;
}

/** What all servers must have as the coordinator has it. */
type Common = Pick<ServerReport, 'version' | 'prefix' | 'plan' | 'setupId'>;

/**
 * Decides on what only shows when all servers are seen together: one version, prefix and address plan, machines and
 * addresses that differ, clocks that do not. That all were given one list and one cluster the rendezvous itself sees to.
 * @param servers all that are there, the coordinator among them.
 */
export function compareServers(coordinator: Common, servers: readonly ServerReport[]): ErrorDetail[] {
  return [
    ...servers.flatMap((server) => unlikeCoordinator(coordinator, server)),
    ...servers.flatMap((server) => ofAnotherSetup(coordinator, server)),
    ...shared(
      servers,
      'machineId',
      'machine id',
      'one is a clone of the other: on one of them, remove /etc/machine-id, run systemd-machine-id-setup and reboot',
    ),
    ...shared(
      servers,
      'address',
      'address',
      `correct "addresses" in ${sitePath}, which must be the same on all of them`,
    ),
    ...clockFaults(servers),
  ];
}

function ofAnotherSetup(
  coordinator: Pick<ServerReport, 'setupId'>,
  { lrn, setupId }: Pick<ServerReport, 'lrn' | 'setupId'>,
): ErrorDetail[] {
  if (setupId === undefined || setupId === coordinator.setupId) return [];
  return [
    {
      message: `${serverName(lrn)} takes part in a setup of which the coordinator knows nothing`,
      hint: 'the coordinator has lost its disk, or the server comes from another cluster: give the coordinator its /var/lib/neco back, or start over on empty servers',
    },
  ];
}

function unlikeCoordinator(coordinator: Common, server: ServerReport): ErrorDetail[] {
  const name = serverName(server.lrn);
  const version = {
    message: `${name} runs neco ${server.version}, the coordinator ${coordinator.version}`,
    hint: 'install the same version of neco on all boot servers',
  };
  const prefix = {
    message: `${name} was given the prefix ${server.prefix} in etcd, the coordinator ${coordinator.prefix}`,
    hint: 'give all boot servers the same --etcd-prefix',
  };
  return [
    ...(server.version === coordinator.version ? [] : [version]),
    ...(server.prefix === coordinator.prefix ? [] : [prefix]),
    ...otherPlan(coordinator, server),
  ];
}

function otherPlan(coordinator: Common, { lrn, plan }: ServerReport): ErrorDetail[] {
  return Object.entries(coordinator.plan)
    .filter(([other, address]) => plan[other] !== address)
    .map(([other, address]) => ({
      message: `by ${sitePath} of ${serverName(lrn)} the address of ${serverName(Number(other))} is ${plan[other] ?? 'unknown'}, by that of the coordinator ${address}`,
      hint: `use the same "addresses" in ${sitePath} on all boot servers`,
    }));
}

function shared(
  servers: readonly ServerReport[],
  field: 'machineId' | 'address',
  what: string,
  hint: string,
): ErrorDetail[] {
  const groups = Map.groupBy(servers, (server) => server[field]);
  return [...groups]
    .filter(([value, group]) => value !== '' && group.length > 1)
    .map(([value, group]) => ({ message: `${namesOf(group)} have the same ${what}, ${value}`, hint }));
}

/** The clocks are held against the one in the middle, so that a single wrong one is named, even the coordinator's. */
function clockFaults(servers: readonly ServerReport[]): ErrorDetail[] {
  const sorted = servers.toSorted((a, b) => a.offset - b.offset);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || last.offset - first.offset <= clockTolerance) return [];
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]?.offset ?? 0;
  return sorted
    .filter(({ offset }) => Math.abs(offset - middle) > clockTolerance / 2)
    .flatMap((server) => {
      const other = server.offset > middle ? first : last;
      const difference = Math.abs(server.offset - other.offset);
      return difference > clockTolerance ? [clockFault(server, other, difference)] : [];
    });
}

function clockFault(server: ServerReport, other: ServerReport, difference: number): ErrorDetail {
  const name = serverName(server.lrn);
  const seconds = (difference / 1000).toFixed(1);
  const direction = server.offset > other.offset ? 'ahead of' : 'behind';
  return {
    message: `the clock of ${name} is ${seconds} s ${direction} that of ${serverName(other.lrn)}; the limit is ${String(clockTolerance / 1000)} s`,
    hint: `synchronize the clock of ${name}, with chrony or systemd-timesyncd`,
  };
}

function namesOf(servers: readonly ServerReport[]): string {
  return servers
    .map(({ lrn }) => lrn)
    .sort((a, b) => a - b)
    .map(serverName)
    .join(' and ');
}
