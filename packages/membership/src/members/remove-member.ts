import { ClusterAccess, lrnOf, memberEndpoint, readSite, withOperationLock } from '@neco/cluster-access';
import { NecoError, serverName, type EtcdOptions, type Reporter } from '@neco/core';
import { memberAddress, type EtcdCluster, type Member } from '@neco/etcd-admin';
import { readOnlyHost } from '@neco/host-installer';
import { arithmeticLines, describeQuorum, quorumArithmetic } from '../leave/facts/quorum-arithmetic.ts';
import { turnLimit } from '../leave/turn.ts';
import { memberServers } from '../etcd-access/member-servers.ts';

export interface RemoveMemberOptions {
  /** Hexadecimal, as etcdctl writes it. */
  id: string;
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  reporter: Reporter;
  signal: AbortSignal;
}

/** The command that removes a member of etcd which is no boot server's, so that `neco leave` cannot name it. @param id hexadecimal */
export function removeMemberCommand(id: string): string {
  return `neco member remove ${id}`;
}

/**
 * Removes an etcd member that belongs to no boot server, as etcd's user root for this server's own log-in to Vault.
 * @throws NecoError USAGE, QUORUM_AT_RISK, BUSY, CONFIG_*, ETCD_*, VAULT_*
 */
export async function removeMember(options: RemoveMemberOptions): Promise<{ changed: boolean }> {
  const { id, reporter, signal, dryRun } = options;
  const site = await readSite();
  using connection = await ClusterAccess.open({ as: 'neco', etcd: options.etcd });
  const { etcd, registry, name, lrn } = connection;
  const look = async (): Promise<boolean> => {
    const members = await etcd.members();
    const member = members.find((one) => one.id === id);
    if (member === undefined) return false;
    const { bootServers: registrations } = await registry.overview({ signal });
    const [owner] = lrnOf(member, { site, registrations });
    if (owner !== undefined) throw belongsTo(owner, member);
    await refuseLoss(etcd, members, member, reporter);
    return true;
  };
  if (!(await look()) || dryRun) return { changed: false };
  const turn = { what: removeMemberCommand(id), server: name, reporter, signal, timeout: turnLimit };
  return await withOperationLock(registry, turn, async (locked) => {
    // Others may have changed the members meanwhile.
    if (!(await look())) return { changed: false };
    const servers = await memberServers(connection, site);
    const host = readOnlyHost();
    const root = await ClusterAccess.open({
      as: 'root',
      host,
      lrn,
      name,
      servers,
      reporter,
      signal: locked.signal,
    });
    try {
      await root.removeMember(id);
    } finally {
      root.close();
    }
    return { changed: true };
  });
}

function belongsTo(lrn: number, { id }: Member): NecoError {
  return new NecoError('USAGE', `the etcd member ${id} belongs to ${serverName(lrn)}`, {
    hint: `to remove a boot server with all that it has, on another one: neco leave ${String(lrn)}`,
  });
}

async function refuseLoss(
  etcd: EtcdCluster,
  members: readonly Member[],
  member: Member,
  reporter: Reporter,
): Promise<void> {
  const statuses = await etcd.statuses(members.map(memberEndpoint));
  const healthy = new Set(
    members.flatMap((one) => (statuses.get(memberEndpoint(one)) instanceof NecoError ? [] : [one.id])),
  );
  const arithmetic = quorumArithmetic(members, healthy, member.id);
  for (const line of arithmeticLines(arithmetic)) reporter.info(line);
  if (member.isLearner || arithmetic.after.tolerance >= 0) return;
  throw new NecoError(
    'QUORUM_AT_RISK',
    `without the member at ${memberAddress(member)} etcd would have no quorum: ${describeQuorum(arithmetic.after)}`,
    { hint: 'first bring back the servers that do not answer; to see which: neco member list' },
  );
}
