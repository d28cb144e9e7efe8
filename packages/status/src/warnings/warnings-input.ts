import type { UnfinishedLeave } from '@neco/bootserver-registry';
import type { NecoError } from '@neco/core';
import type { KnownServer } from '@neco/cluster-access';
import type { LocalFacts } from '../local/local-facts.ts';
import type { ServerProbe } from '../probes/probe-server.ts';
import type { ClusterStatus, StatusWarning } from '../status-schema.ts';

export type ProbedServer = KnownServer & { probe: ServerProbe };

/** All that was seen, to judge it by. */
export interface WarningsInput extends Pick<
  ClusterStatus,
  'bootServers' | 'etcd' | 'vault' | 'certificates'
> {
  servers: readonly ProbedServer[];
  applications: ClusterStatus['applications'];
  /** Leaves that were begun and have not ended. */
  unfinishedLeaves: readonly UnfinishedLeave[];
  /** What could not be read from etcd. */
  errors: readonly NecoError[];
  local: LocalFacts;
  /** Serial numbers of the certificates that lie on this server, by path. */
  serials: ReadonlyMap<string, string>;
}

export function fault(message: string, hint: string): StatusWarning {
  return { severity: 'fault', message, hint };
}

export function warning(message: string, hint: string): StatusWarning {
  return { severity: 'warning', message, hint };
}

/** The line by which a server joins, or joins again: with three of the others, or all of them where they are fewer. */
export function joinCommand({ bootServers }: Pick<WarningsInput, 'bootServers'>, lrn: number): string {
  const others = bootServers.filter((server) => server.lrn !== lrn && server.registration === 'active');
  return ['neco join', ...others.slice(0, 3).map((server) => server.lrn)].join(' ');
}

/** The line that made the cluster; those who joined are not in it, and setup would refuse another list. */
export function setupCommand({ bootServers, local }: Pick<WarningsInput, 'bootServers' | 'local'>): string {
  const lrns = local.setupLrns ?? bootServers.map(({ lrn }) => lrn);
  return `neco setup ${lrns.join(' ')}`;
}
