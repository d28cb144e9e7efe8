import { removeMemberCommand } from '@neco/membership';
import { dataHint, isUndecided, replaceMember, viewData } from './data-warnings.ts';
import { ownEtcdWarning } from './own-etcd-warning.ts';
import { isRegistrationBroken } from './record-warning.ts';
import { remedyFirst } from './remedy-first.ts';
import { unreachableVault } from './unreachable-vault.ts';
import { finding } from '../faults/finding.ts';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { joinCommand, rejoinCommand, setupCommand, type WarningsInput } from './warnings-input.ts';

/** Members of etcd and registrations, held against each other. */
export function memberWarnings(input: WarningsInput): StatusWarning[] {
  return [...input.bootServers.flatMap((server) => ofServer(server, input)), ...strayWarnings(input)];
}

function ofServer(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  if (server.registration === 'joining') return [joiningWarning(server, input)];
  return [...etcdWarnings(server, input), ...differences(server, input)];
}

function etcdWarnings(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  const { lrn, name, etcd } = server;
  const start =
    remedyFirst(name, input) ??
    `on ${name}: systemctl start --no-block etcd; to see its log: journalctl -u etcd`;
  if (etcd.state === 'unreachable') return [unreachable(server, input, start)];
  if (etcd.state === 'unstarted') return [unstarted(server, input)];
  // Nobody will promote it: the join that would is either complete or not registered.
  if (etcd.state === 'learner') {
    const message = `etcd of ${name} is a learner, and no join is under way that makes it vote`;
    return [finding('etcd-learner', message, setupAgain(input) ?? replaceMember(input, lrn, name))];
  }
  return [];
}

/** A member that was added by hand, or by a join that broke off before it registered the server. */
function unstarted({ lrn, name, registration }: BootServerStatus, input: WarningsInput): StatusWarning {
  const message = `etcd of ${name} was added but has never started`;
  const again = setupAgain(input);
  if (again !== undefined) return finding('etcd-unstarted', message, again);
  const remove = `on another boot server: neco leave ${String(lrn)}`;
  const hint =
    registration === 'none'
      ? `if a join was interrupted there, on ${name}: ${joinCommand(input, lrn)} && systemctl start neco-worker; otherwise, ${remove}`
      : `${rejoinCommand(input, lrn, name)}; if the server will not come back, ${remove}`;
  return finding('etcd-unstarted', message, hint);
}

/** While the cluster is being set up, setup itself completes what is missing. */
function setupAgain(input: WarningsInput): string | undefined {
  const { local } = input;
  return local.unfinishedSetup === undefined
    ? undefined
    : `on ${local.name}, run again: ${setupCommand(input)}`;
}

/** What this server sees of its own etcd says more than that it does not answer. */
function unreachable(server: BootServerStatus, input: WarningsInput, start: string): StatusWarning {
  const { lrn, name, etcd } = server;
  const { local, localEtcd, etcd: cluster } = input;
  const silent = `etcd of ${name} does not answer: ${etcd.message ?? ''}`;
  if (name !== local.name) {
    // Without it no majority can say whose data is right.
    const view = viewData(input);
    if (isUndecided(view)) return finding('etcd-unreachable', silent, dataHint(input, view, []));
    // Without a majority no member can be removed.
    const leave = cluster.quorum
      ? `; if the server will not come back, on another boot server: neco leave ${String(lrn)}`
      : '';
    const look =
      remedyFirst(name, input) === undefined ? `; if it does not start, on ${name}: neco status` : '';
    return finding('etcd-unreachable', silent, `${start}${look}${leave}`);
  }
  if (localEtcd === undefined) return finding('etcd-unreachable', silent, start);
  const told = ownEtcdWarning(server, localEtcd, input);
  if (told !== undefined) return told;
  const { complaint } = localEtcd;
  const said = complaint === undefined ? '' : `; its log ends: ${complaint}`;
  return finding('etcd-unreachable', `${silent}${said}`, start);
}

/** Where the registry and the list of members differ; what is not known differs from nothing. */
function differences(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  const { lrn, name, etcd, registration } = server;
  if (isRegistrationBroken(lrn, input)) return [];
  const again = setupAgain(input);
  const rejoins = rejoinCommand(input, lrn, name);
  if (etcd.state === 'none' && registration === 'none') {
    const message = `${name} is neither an etcd member nor registered`;
    return [finding('server-unknown-to-etcd', message, again ?? rejoins)];
  }
  if (etcd.state === 'none' && registration !== 'unknown') {
    const leave = `if the server will not come back, on another boot server: neco leave ${String(lrn)}`;
    const message = `${name} is registered, but is not an etcd member`;
    return [finding('registered-not-a-member', message, again ?? `${rejoins}; ${leave}`)];
  }
  // Of a member that has never started that is said with it.
  if (registration === 'none' && etcd.state !== 'unstarted' && etcd.state !== 'learner') {
    const message = `${name} is an etcd member, but is not registered`;
    return [finding('member-not-registered', message, again ?? replaceMember(input, lrn, name))];
  }
  return [];
}

/** All that is not done yet of a join is one matter, and one command resumes it. */
function joiningWarning(server: BootServerStatus, input: WarningsInput): StatusWarning {
  const { lrn, name, etcd, vault } = server;
  if (['follower', 'leader'].includes(etcd.state) && vault.state === 'unreachable') {
    const { reason, hint } = unreachableVault(server, input);
    const message = `the join of ${name} is not complete: its etcd votes, but its Vault does not answer: ${reason}`;
    return finding('join-vault-down', message, `${hint}; neco-worker then completes the join`);
  }
  const stages: Record<BootServerStatus['etcd']['state'], string> = {
    none: 'it is not an etcd member',
    unstarted: 'its etcd was added as a learner but has never started',
    learner: 'its etcd is a learner and does not vote yet',
    unreachable: `its etcd does not answer: ${etcd.message ?? ''}`,
    follower: 'its etcd votes, but its Vault is not ready',
    leader: 'its etcd votes, but its Vault is not ready',
  };
  const message = `the join of ${name} is not complete: ${stages[etcd.state]}`;
  const hint = `on ${name}: systemctl start neco-worker, which completes it (to see its log: journalctl -u neco-worker); to cancel the join, on another boot server: neco leave ${String(lrn)}`;
  const runs = ['learner', 'follower', 'leader'].includes(etcd.state);
  return finding(runs ? 'join-incomplete' : 'join-stuck', message, hint);
}

function strayWarnings({ etcd }: WarningsInput): StatusWarning[] {
  return etcd.strayMembers.map(({ id, address }) =>
    finding(
      'member-stray',
      `etcd has a member ${id} at ${address}, which does not belong to a boot server`,
      `run on a boot server: ${removeMemberCommand(id)}`,
    ),
  );
}
