import { serverName, stoppedWaiting, type Phase } from '@neco/core';
import type { BootServer } from '@neco/bootserver-registry';
import { ownSerials } from '@neco/cluster-access';
import { stayInSight } from '../services/stay-in-sight.ts';
import { meetingOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { settleRootToken } from './vault/settle-root-token.ts';

/** Seed step 13: add the etcd key bootservers/LRN on the finished boot server. */
export const registerBootServer: Phase<SetupView, SetupContext> = {
  id: 'register-boot-server',
  title: 'Register this boot server',
  async isDone(view) {
    return view.record?.finishedAt !== undefined || (await view.sight.registeredLrns()).includes(view.lrn);
  },
  plan: ({ options, lrn }) => [`write ${options.prefix}bootservers/${String(lrn)}`],
  async run(context) {
    await meetingOf(context).coordinatorPassed(settleRootToken.id);
    const server = await recordOfServer(context);
    await context.sight.withRegistry((registry) => registry.register(server));
    context.sight.registered();
  },
};

/** The end of setup for every server: all are registered, and nobody needs the rendezvous any more. */
export const awaitRegistrations: Phase<SetupView, SetupContext> = {
  id: 'await-registrations',
  title: 'Wait until all boot servers are registered',
  async isDone(view) {
    return view.record?.finishedAt !== undefined || (await missing(view)).length === 0;
  },
  plan: () => ['nothing: it only waits'],
  async run(context) {
    context.reporter.state('waiting for the registrations in etcd');
    await stayInSight(context, awaitRegistrations.id, (signal) => untilRegistered(context, signal));
  },
};

async function untilRegistered(context: SetupContext, signal: AbortSignal): Promise<void> {
  await context.sight.withRegistry(async (registry) => {
    let seen = 'no answer of etcd';
    for await (const servers of registry.bootServers.watch({ signal })) {
      const registered = new Set(servers.map(({ lrn }) => lrn));
      const absent = context.lrns.filter((lrn) => !registered.has(lrn));
      if (absent.length === 0) return;
      seen = absent.map((lrn) => notRegistered(context, lrn)).join(', ');
      context.reporter.state(seen);
    }
    throw stoppedWaiting({ what: 'all boot servers to be registered', seen });
  });
}

/** The coordinator knows how far the others are. */
function notRegistered({ coordinator }: SetupContext, lrn: number): string {
  const seen = coordinator === undefined ? '' : ` (${coordinator.phases.lastSeen(lrn)})`;
  return `${serverName(lrn)} is not registered yet${seen}`;
}

async function missing(view: SetupView): Promise<number[]> {
  const registered = await view.sight.registeredLrns();
  return view.lrns.filter((lrn) => !registered.includes(lrn));
}

async function recordOfServer({ host, lrn, address, options }: SetupContext): Promise<BootServer> {
  return {
    version: 1,
    lrn,
    name: serverName(lrn),
    address,
    neco: options.version,
    state: 'active',
    serials: await ownSerials(host),
    registeredAt: new Date().toISOString(),
  };
}
