import type { UnfinishedLeave } from '@neco/bootserver-registry';
import { serverName } from '@neco/core';
import { awaitedAdvice } from '@neco/membership';
import { certificateWarnings } from './certificate-warnings.ts';
import type { LocalFacts } from '../local/local-facts.ts';
import { memberWarnings } from './member-warnings.ts';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { vaultWarnings } from './vault-warnings.ts';
import { fault, setupCommand, warning, type WarningsInput } from './warnings-input.ts';

/** What is not as it should be, each with its remedy. */
export function findWarnings(input: WarningsInput): StatusWarning[] {
  return [
    ...setupWarnings(input.local),
    ...quorumWarnings(input),
    ...memberWarnings(input),
    ...etcdWarnings(input),
    ...vaultWarnings(input),
    ...input.unfinishedLeaves.map(unfinishedLeave),
    ...certificateWarnings(input),
    ...versionWarnings('etcd', input.bootServers),
    ...versionWarnings('vault', input.bootServers),
  ];
}

/** Before setup: says so, and what to run. */
export function notSetUpWarning({ name, site, unfinishedSetup }: LocalFacts): StatusWarning {
  if (unfinishedSetup !== undefined) return unfinished(name, unfinishedSetup);
  const first = site === undefined ? 'neco site init, then ' : '';
  return fault(
    `${name} is not set up yet`,
    `on all boot servers at the same time: ${first}neco setup LRN LRN LRN (with all their LRNs, as in neco setup 0 1 2)`,
  );
}

function setupWarnings({ name, unfinishedSetup }: LocalFacts): StatusWarning[] {
  return unfinishedSetup === undefined ? [] : [unfinished(name, unfinishedSetup)];
}

function unfinished(name: string, lrns: readonly number[]): StatusWarning {
  return fault(
    `setup was started on ${name} and is not complete`,
    `on ${lrns.map(serverName).join(', ')}, run again: neco setup ${lrns.join(' ')}`,
  );
}

function quorumWarnings({ etcd, errors, bootServers }: WarningsInput): StatusWarning[] {
  // Without a majority all reads fail for the one reason.
  const [first] = errors;
  if (etcd.quorum || first === undefined) {
    return errors.map(({ message, hint }) => fault(message, hint ?? 'check the log: journalctl -u etcd'));
  }
  const down = bootServers.filter((server) => server.etcd.state === 'unreachable').map(({ name }) => name);
  return [
    fault(
      `etcd has no quorum: ${first.message}`,
      down.length === 0
        ? (first.hint ?? 'systemctl status etcd')
        : `on ${down.join(', ')}: systemctl start etcd`,
    ),
  ];
}

function etcdWarnings(input: WarningsInput): StatusWarning[] {
  const remedies: Record<string, string> = {
    NOSPACE: 'etcdctl compact REVISION, etcdctl defrag, then etcdctl alarm disarm',
    CORRUPT: 'stop that member, remove it with neco leave, and add it again with an empty disk',
  };
  const found = input.etcd.alarms.map(({ member, alarm }) =>
    fault(`etcd of ${member} raised the alarm ${alarm}`, remedies[alarm] ?? 'etcdctl alarm list'),
  );
  if (input.etcd.authEnabled === false) {
    const message = 'etcd auth is off: every client certificate can read and write everything';
    found.push(fault(message, `run: ${setupCommand(input)}`));
  }
  return found;
}

function unfinishedLeave(leave: UnfinishedLeave): StatusWarning {
  const { lrn, awaited } = leave;
  if (awaited.length > 0) {
    const { message, hint } = awaitedAdvice(leave);
    return fault(message, hint);
  }
  return fault(`the leave of ${serverName(lrn)} is not complete`, `run again: neco leave ${String(lrn)}`);
}

function versionWarnings(service: 'etcd' | 'vault', servers: readonly BootServerStatus[]): StatusWarning[] {
  const byVersion = Map.groupBy(
    servers.filter((server) => server[service].version !== undefined),
    (server) => server[service].version ?? '',
  );
  if (byVersion.size < 2) return [];
  const list = [...byVersion].map(
    ([version, those]) => `${version} on ${those.map(({ name }) => name).join(', ')}`,
  );
  return [
    warning(
      `the boot servers run different versions of ${service}: ${list.join('; ')}`,
      `install the same version on all, one server after another: apt-get install neco-${service}, then systemctl restart ${service}`,
    ),
  ];
}
