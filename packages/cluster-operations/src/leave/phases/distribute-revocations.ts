import { randomBytes } from 'node:crypto';
import { NecoError, waitFor, type Phase } from '@neco/core';
import { fetchRevocations, putRevocations } from '../../access/revocation-lists.ts';
import { paths } from '../../paths.ts';
import { ports } from '../../ports.ts';
import { cutOff } from '../cut-off.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { acceptsConnections } from '../probe-presence.ts';
import {
  revokeCanary,
  showCanary,
  signCanary,
  type CanaryAuthorities,
  type RevocationCanary,
} from '../revocation-canary.ts';
import { planOf } from './remove-member.ts';

/** Each server's worker or updater sees the plan at once; where etcd has to be restarted, one waits for the other, in ms. */
const limit = { all: 20_000, each: 10_000 } as const;

/** A server that stays, and how far it is. */
interface Pending {
  lrn: number;
  name: string;
  address: string;
}

/**
 * Every server that stays puts the new revocation lists in place and cuts what is open; proved on each by certificates that
 * were taken before and are refused now.
 */
export const distributeRevocations: Phase<LeaveView, LeaveContext> = {
  id: 'distribute-revocations',
  title: 'Prove on every server that its certificates are refused',
  isDone: () => Promise.resolve(false),
  plan: ({ facts }) => [
    `new revocation lists on ${facts.remaining.map(({ name }) => name).join(', ')}`,
    `cut the connections of ${facts.name}`,
  ],
  async run(context) {
    const { access, facts } = context;
    const ca = await readAuthorities(context);
    const canary = await access.vault(signCanary);
    const taking = await control(facts.remaining, canary, ca);
    const round = randomBytes(8).toString('hex');
    await access.vault((vault) => revokeCanary(vault, canary));
    await access.awaitNobody();
    const plan = await planOf(access);
    const strange = context.compromised || plan.compromised === true;
    await access.writePlan({ ...plan, round, compromised: strange });
    await updateThisServer(context, ca, { round, strange });
    await awaitProof(context, taking, { canary, ca, round });
  },
};

/** Those that take the certificates before they are revoked; one that does not answer proves nothing, and is awaited. */
async function control(
  remaining: readonly Pending[],
  canary: RevocationCanary,
  ca: CanaryAuthorities,
): Promise<Pending[]> {
  const verdicts = await Promise.all(
    remaining.map(async ({ address }) =>
      (await acceptsConnections(address, ports.etcdClient))
        ? showCanary(address, canary, ca)
        : ('unreachable' as const),
    ),
  );
  return remaining.filter((_, index) => verdicts[index] !== 'unreachable');
}

/** This server does it here and now, whether or not its worker runs. */
async function updateThisServer(
  context: LeaveContext,
  ca: CanaryAuthorities,
  { round, strange }: { round: string; strange: boolean },
): Promise<void> {
  const { host, access, here, reporter, facts } = context;
  const addresses = facts.remaining.map(({ address }) => address);
  await putRevocations(host, await fetchRevocations(addresses, ca.server));
  const connections = await cutOff(host, facts.address, {
    strange,
    reporter,
    inTurn: (restart) => access.restartInTurn(restart),
  });
  await access.acknowledge(here, round, connections);
  await access.forgetEndpoint(host);
}

async function awaitProof(
  context: LeaveContext,
  servers: readonly Pending[],
  { canary, ca, round }: { canary: RevocationCanary; ca: CanaryAuthorities; round: string },
): Promise<void> {
  const { access, reporter, signal, facts } = context;
  let pending = [...servers];
  const look = async (): Promise<string[]> => {
    const acknowledged = await access.acknowledgements(round);
    const states = await Promise.all(
      pending.map(async (server) => ({ server, state: await stateOf(server) })),
    );
    pending = states.filter(({ state }) => state !== undefined).map(({ server }) => server);
    return states.flatMap(({ server, state }) => (state === undefined ? [] : [`${server.name} ${state}`]));

    async function stateOf({ lrn, address }: Pending): Promise<string | undefined> {
      const answer = acknowledged.get(lrn);
      if (answer === undefined) return 'has not put the new revocation lists in place';
      if (answer.connections > 0)
        return `has ${String(answer.connections)} connections of ${facts.name} open`;
      const verdict = await showCanary(address, canary, ca);
      return verdict === 'refused' ? undefined : `is shown a revoked certificate: ${verdict}`;
    }
  };
  try {
    await waitFor(
      async () => {
        const seen = await look();
        return seen.length === 0 ? { done: true, value: true } : { done: false, seen: seen.join('; ') };
      },
      {
        what: 'all servers to refuse its certificates',
        timeout: limit.all + limit.each * servers.length,
        maxPause: 50,
        signal,
        onState: (text) => {
          reporter.state(text);
        },
      },
    );
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
    const names = pending.map(({ name }) => name).join(', ');
    throw new NecoError(
      'VERIFICATION_FAILED',
      `it is not proved that ${names} refuse ${facts.name}: ${error.message}`,
      {
        hint: `on ${names}: systemctl restart neco-updater; then run again: neco leave ${String(facts.lrn)}`,
        cause: error,
      },
    );
  }
}

async function readAuthorities({ host }: LeaveView): Promise<CanaryAuthorities> {
  const [server, peer] = await Promise.all([
    host.readText(paths.authorities.server),
    host.readText(paths.authorities.peer),
  ]);
  if (server !== undefined && peer !== undefined) return { server, peer };
  throw new NecoError('FILE_FAILED', `the CAs are not in ${paths.authorityDirectory}`, {
    hint: 'run it on another boot server',
  });
}
