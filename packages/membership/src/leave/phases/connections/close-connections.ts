import type { LeavePlan } from '@neco/bootserver-registry';
import { restartInTurn } from '@neco/cluster-access';
import { NecoError, type Phase } from '@neco/core';
import { awaitServers, limitOfServers } from '../../await-servers.ts';
import { membersOf } from '../../facts/leave-facts.ts';
import type { LeaveContext, LeaveView } from '../../leave-context.ts';
import { acknowledge, planOf, readAcknowledgements, readOwnPart } from '../../records/leave-plan.ts';
import { cutOff } from '../../this-server/cut-off.ts';
import { takeDutyLock } from '../../this-server/duty-lock.ts';
import { forgetEndpoint } from '../../this-server/forget-endpoint.ts';

/**
 * Closes what the server had open when its certificates were revoked: etcd checks a certificate only when a connection begins.
 * This command closes it on this server; the daemons of the others close it there once their revocation lists are in place,
 * and acknowledge it. Proved by a connection to each of them that was opened before.
 */
export const closeConnections: Phase<LeaveView, LeaveContext> = {
  id: 'close-connections',
  title: 'Close its open connections on every server',
  async isDone({ registry, facts }) {
    const plan = await registry.leavePlans.at(facts.lrn).get();
    if (plan?.round === undefined) return false;
    const closed = await readAcknowledgements(registry, facts.lrn, { part: 'lists', round: plan.round });
    return membersOf(facts).every((lrn) => closed.get(lrn)?.connections === 0);
  },
  plan: ({ facts: { name, remaining }, compromised }) => [
    `close all connections to etcd on ${remaining.map((server) => server.name).join(', ')}, so that each client is checked again and ${name} is rejected`,
    compromised
      ? 'restart etcd on each of them, one after another'
      : 'restart etcd where they cannot be closed, one after another',
  ],
  async run(context) {
    const { registry, facts, proof } = context;
    const plan = await planOf(registry, facts.lrn);
    const { round = '' } = plan;
    context.duty ??= await takeDutyLock(context);
    await closeHere(context, plan);
    await context.duty.release();
    context.duty = undefined;
    const pending = proof.taking;
    const missing = async (): Promise<string | undefined> => {
      const acknowledged = await readAcknowledgements(registry, facts.lrn, { part: 'lists', round });
      const open = pending.flatMap(({ lrn, name }) => {
        const answer = acknowledged.get(lrn);
        if (answer === undefined) return [`${name} has not closed them`];
        return answer.connections === 0 ? [] : [`${name} has ${String(answer.connections)} open`];
      });
      return open.length === 0 ? undefined : open.join('; ');
    };
    await awaitClosed(context, missing, limitOfServers(pending.length));
    await proveClosed(context);
  },
};

/** This server does it here and now, whether or not its worker runs. */
async function closeHere(
  { registry, host, here, hereAddress, reporter, facts }: LeaveContext,
  { round = '', compromised }: LeavePlan,
): Promise<void> {
  const { acknowledgement } = await readOwnPart(registry, facts.lrn, { by: here, round });
  if (acknowledgement?.connections !== 0) {
    const connections = await cutOff(host, {
      address: facts.address,
      strange: compromised === true,
      reporter,
      inTurn: (restart) => restartInTurn(registry, hereAddress, restart),
    });
    await acknowledge(registry, facts.lrn, { part: 'lists', by: here, round, connections });
  }
  await forgetEndpoint(host, registry, hereAddress);
}

/** What a server says that it has closed is closed. */
async function proveClosed({ proof, facts: { lrn, name } }: LeaveContext): Promise<void> {
  const open = await proof.stillConnected();
  if (open.length === 0) return;
  throw new NecoError(
    'VERIFICATION_FAILED',
    `a connection that was opened before ${name} left is still open to etcd of ${open.join(', ')}`,
    {
      hint: `on those servers: systemctl restart --no-block etcd, one after the other; then run again: neco leave ${String(lrn)}`,
    },
  );
}

async function awaitClosed(
  { reporter, signal, facts: { lrn, name } }: LeaveContext,
  missing: () => Promise<string | undefined>,
  timeout: number,
): Promise<void> {
  const what = `all servers to close the connections of ${name}`;
  const late = await awaitServers(missing, { what, timeout, maxPause: 50, reporter, signal });
  if (late === undefined) return;
  throw new NecoError('VERIFICATION_FAILED', `not verified that ${name} is cut off: ${late.message}`, {
    hint: `on those servers: systemctl restart neco-updater; then run again: neco leave ${String(lrn)}`,
    cause: late,
  });
}
