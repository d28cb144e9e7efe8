import { addressPlan, type ErrorDetail } from '@neco/core';
import type { HostReader, Listener } from '@neco/host-installer';
import { ports } from '@neco/cluster-access';
import type { Check, CheckContext } from './check.ts';

interface NeededPort {
  port: number;
  purpose: string;
}

const everywhere = ['0.0.0.0', '::'];
const loopback = ['127.0.0.1', '::1'];
const ownUnits = ['etcd.service', 'vault.service', 'neco-setup-vault.service'];

/** The ports of etcd, Vault and (coordinator) the rendezvous are free; the process that holds one is named. */
export const checkPorts: Check = async (context) => {
  const found = await foreignListeners(context);
  // An own service may be restarted between the look at its port and that at its unit, as an etcd is again and again that cannot
  // use its data: what is there now is then another process. A listener that is no service's is there the second time too.
  const mayBeOwn = context.resuming || context.stopsOwn === true;
  return mayBeOwn && found.length > 0 ? foreignListeners(context) : found;
};

async function foreignListeners(context: CheckContext): Promise<ErrorDetail[]> {
  const { host, resuming, stopsOwn = false } = context;
  const addresses = new Set([...everywhere, ...loopback, ...ownAddress(context)]);
  const mayBeOwn = resuming || stopsOwn;
  const before = mayBeOwn ? await ownPids(host) : new Set<number>();
  const held = (await host.listeners()).filter(({ address }) => addresses.has(address));
  const needed = neededPorts(context).filter(({ port }) => held.some((listener) => listener.port === port));
  const own = mayBeOwn && needed.length > 0 ? before.union(await ownPids(host)) : before;
  return needed.flatMap(({ port, purpose }) => {
    const foreign = held.find((one) => one.port === port && !(one.pid !== undefined && own.has(one.pid)));
    return foreign === undefined ? [] : [explain(foreign, purpose)];
  });
}

function neededPorts({ site, lrns }: CheckContext): NeededPort[] {
  const rendezvous = { port: site.ports.rendezvous, purpose: 'the rendezvous of the boot servers' };
  return [
    { port: ports.etcdClient, purpose: "etcd's clients" },
    { port: ports.etcdPeer, purpose: "etcd's peers" },
    { port: ports.etcdMetrics, purpose: "etcd's metrics" },
    { port: ports.vault, purpose: 'Vault' },
    { port: ports.vaultCluster, purpose: "Vault's cluster" },
    ...(site.lrn === Math.min(...lrns) ? [rendezvous] : []),
  ];
}

function ownAddress({ site }: CheckContext): string[] {
  try {
    return [...addressPlan(site, [site.lrn]).values()];
  } catch {
    // The check of the addresses reports that.
    return [];
  }
}

async function ownPids(host: HostReader): Promise<Set<number>> {
  const units = await Promise.all(ownUnits.map((name) => host.unit(name).catch(() => undefined)));
  return new Set(units.flatMap((unit) => (unit === undefined || unit.mainPid === 0 ? [] : [unit.mainPid])));
}

function explain({ address, port, process, pid }: Listener, purpose: string): ErrorDetail {
  const who = process === undefined ? 'an unknown process' : `${process} (process ${String(pid)})`;
  return {
    message: `port ${String(port)}, needed for ${purpose}, is in use at ${address} by ${who}`,
    hint:
      pid === undefined
        ? `find the process with "ss -tlnp" as root, then stop it or move it to another port`
        : `stop it or move it to another port; to find its unit, run "systemctl status ${String(pid)}"`,
  };
}
