import type { HostTroubles, UnfinishedLeave } from '@neco/bootserver-registry';
import type { NecoError } from '@neco/core';
import type { KnownServer } from '@neco/cluster-access';
import { rejoinLine } from '@neco/membership';
import type { HostTrouble } from '@neco/preflight';
import type { UnreadableCertificate } from '../certificates/read-local-certificates.ts';
import type { LocalEtcd } from '../local/local-etcd.ts';
import type { LocalVault } from '../local/local-vault.ts';
import type { LocalFacts } from '../local/local-facts.ts';
import type { ServerProbe } from '../probes/probe-server.ts';
import type { ClusterStatus } from '../status-schema.ts';

export type ProbedServer = KnownServer & { probe: ServerProbe };

/** As it is found here, or as another server published it, maybe by another version of neco. */
export type KnownTrouble = Omit<HostTrouble, 'id'> & Pick<HostTroubles['troubles'][number], 'id' | 'peer'>;

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
  /** Records in etcd that do not parse. */
  brokenRecords: readonly NecoError[];
  /** What is wrong with the hosts, by the name of the server; what is not known is missing. */
  troubles: ReadonlyMap<string, readonly KnownTrouble[]>;
  local: LocalFacts;
  /** Units of a boot server that do not start with this one. */
  disabled: readonly string[];
  /** What this server sees of its own etcd, where that does not answer. */
  localEtcd: LocalEtcd | undefined;
  /** And of its own Vault. */
  localVault: LocalVault | undefined;
  /** Serial numbers of the certificates that lie on this server, by path. */
  serials: ReadonlyMap<string, string>;
  /** Certificates that lie on this server and cannot be used. */
  unreadable: readonly UnreadableCertificate[];
}

/** The line by which a server joins, or joins again: with three of the others, or all of them where they are fewer. */
export function joinCommand(input: Pick<WarningsInput, 'bootServers'>, lrn: number): string {
  return ['neco join', ...activeOthers(input, lrn).slice(0, 3)].join(' ');
}

/** How a server whose data is lost or worth nothing joins again. */
export function rejoinCommand(input: Pick<WarningsInput, 'bootServers'>, lrn: number, name: string): string {
  return `on ${name}: ${rejoinLine(activeOthers(input, lrn))}`;
}

function activeOthers({ bootServers }: Pick<WarningsInput, 'bootServers'>, lrn: number): number[] {
  return bootServers
    .filter((server) => server.lrn !== lrn && server.registration === 'active')
    .map((server) => server.lrn);
}

/** The line that made the cluster; those who joined are not in it, and setup would refuse another list. */
export function setupCommand({ bootServers, local }: Pick<WarningsInput, 'bootServers' | 'local'>): string {
  const lrns = local.setupLrns ?? bootServers.map(({ lrn }) => lrn);
  return `neco setup ${lrns.join(' ')}`;
}
