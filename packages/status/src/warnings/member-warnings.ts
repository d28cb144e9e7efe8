import { removeMemberAdvice } from '@neco/membership';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { fault, joinCommand, setupCommand, warning, type WarningsInput } from './warnings-input.ts';

/** Members of etcd and registrations, held against each other. */
export function memberWarnings(input: WarningsInput): StatusWarning[] {
  return [...input.bootServers.flatMap((server) => ofServer(server, input)), ...strayWarnings(input)];
}

function ofServer(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  if (server.registration === 'joining') return [joiningWarning(server)];
  return [...etcdWarnings(server), ...differences(server, input)];
}

function etcdWarnings({ lrn, name, etcd }: BootServerStatus): StatusWarning[] {
  const leave = `neco leave ${String(lrn)}`;
  const look = `on ${name}: systemctl start etcd; to see its log: journalctl -u etcd`;
  if (etcd.state === 'unreachable') {
    const hint = `${look}; if the server will not come back, on another boot server: ${leave}`;
    return [fault(`etcd of ${name} does not answer: ${etcd.message ?? ''}`, hint)];
  }
  if (etcd.state === 'unstarted')
    return [fault(`etcd of ${name} was added but has never started`, `${look}; to remove it: ${leave}`)];
  if (etcd.state === 'learner') return [warning(`etcd of ${name} is a learner and does not vote yet`, look)];
  return [];
}

/** Where the registry and the list of members differ; what is not known differs from nothing. */
function differences(server: BootServerStatus, input: WarningsInput): StatusWarning[] {
  const { lrn, name, etcd, registration } = server;
  const again = setupCommand(input);
  const leave = `neco leave ${String(lrn)}`;
  if (etcd.state === 'none' && registration === 'none') {
    const hint = `on ${name}, run: ${joinCommand(input, lrn)}, or during setup: ${again}`;
    return [fault(`${name} is not an etcd member`, hint)];
  }
  if (etcd.state === 'none' && registration !== 'unknown') {
    const hint = `to remove it: ${leave}; to add it again, on ${name}: ${joinCommand(input, lrn)}`;
    return [fault(`${name} is registered, but is not an etcd member`, hint)];
  }
  if (registration === 'none') {
    const hint = `to remove it, on another boot server: ${leave}; during setup, on ${name}: ${again}`;
    return [fault(`${name} is an etcd member, but is not registered`, hint)];
  }
  return [];
}

/** All that is not done yet of a join is one matter, and one command resumes it. */
function joiningWarning({ lrn, name, etcd }: BootServerStatus): StatusWarning {
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
  return ['learner', 'follower', 'leader'].includes(etcd.state)
    ? warning(message, hint)
    : fault(message, hint);
}

function strayWarnings({ etcd }: WarningsInput): StatusWarning[] {
  return etcd.strayMembers.map(({ id, address }) =>
    fault(
      `etcd has a member ${id} at ${address}, which does not belong to a boot server`,
      removeMemberAdvice(id),
    ),
  );
}
