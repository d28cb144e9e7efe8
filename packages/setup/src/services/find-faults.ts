import { NecoError, messageOf, serverName, waitFor, type ErrorDetail } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import {
  certificateKinds,
  ClusterAccess,
  connectVault,
  ports,
  readPair,
  servedSerial,
} from '@neco/cluster-access';
import type { SetupView } from '../setup-context.ts';

/** How long a Vault may need to find its place among the others, in ms. */
const patience = 20_000;

/** What setup promises and this cluster does not hold; nothing where all is well. */
export async function findFaults(view: SetupView): Promise<ErrorDetail[]> {
  const faults = await Promise.all([
    boundaryFaults(view),
    lasting(view, 'one Vault to become active and the others standby', () => vaultFaults(view)),
    lasting(view, 'the latest certificates to be presented', () => servingFaults(view)),
  ]);
  return faults.flat().map((message) => ({ message }));
}

/** Each identity reaches its own prefix and not the other's. */
async function boundaryFaults(view: SetupView): Promise<string[]> {
  const { necoClient, vaultClient } = certificateKinds;
  const { prefix } = view.options;
  const asVault = readPair(view.host, vaultClient).then((pair) =>
    ClusterAccess.open({ as: pair, host: view.host, addresses: [view.address] }),
  );
  const faults = await Promise.all([
    boundaryFaultsOf(view.sight.etcd(), necoClient.commonName(view.lrn), prefix, '/vault/'),
    boundaryFaultsOf(asVault, vaultClient.commonName(view.lrn), '/vault/', prefix),
  ]);
  await asVault.then(
    (etcd) => {
      etcd.close();
    },
    () => undefined,
  );
  return faults.flat();
}

async function boundaryFaultsOf(
  connecting: Promise<EtcdCluster>,
  name: string,
  own: string,
  another: string,
): Promise<string[]> {
  try {
    const etcd = await connecting;
    const [mayOwn, mayOther] = await Promise.all([mayRead(etcd, own), mayRead(etcd, another)]);
    return [
      ...(mayOwn ? [] : [`${name} cannot read ${own} in etcd`]),
      ...(mayOther ? [`${name} can read ${another} in etcd`] : []),
    ];
  } catch (error) {
    return [messageOf(error)];
  }
}

async function mayRead(etcd: EtcdCluster, prefix: string): Promise<boolean> {
  try {
    await etcd.call(`read ${prefix}`, (client) => client.getAll().prefix(prefix).limit(1).keys());
    return true;
  } catch (error) {
    if (error instanceof NecoError && error.code === 'ETCD_PERMISSION_DENIED') return false;
    throw error;
  }
}

/** Faults that last: another server may just restart its Vault to prove the unseal key. */
async function lasting(view: SetupView, what: string, look: () => Promise<string[]>): Promise<string[]> {
  let faults: string[] = [];
  try {
    await waitFor(
      async () => {
        faults = await look();
        return faults.length === 0 ? { done: true, value: true } : { done: false, seen: faults.join('; ') };
      },
      { what, timeout: patience, signal: view.signal },
    );
    return [];
  } catch (error) {
    if (error instanceof NecoError && error.code === 'CANCELLED') throw error;
    return faults.length === 0 ? [messageOf(error)] : faults;
  }
}

/** One Vault is active, all others stand by, none is sealed. Each server sees to its own, and the coordinator to all. */
async function vaultFaults(view: SetupView): Promise<string[]> {
  const vaults = [...view.addresses].filter(([lrn]) => view.isCoordinator || lrn === view.lrn);
  const states = await Promise.all(vaults.map(([lrn, address]) => vaultState(view, lrn, address)));
  const active = states.filter(({ state }) => state === 'active').length;
  const rest = states.filter(({ state }) => state === 'standby').length;
  if (active + rest === states.length && (!view.isCoordinator || active === 1)) return [];
  return [
    `expected one active Vault and the others standby, found: ${states.map(({ name, state }) => `${name} ${state}`).join(', ')}`,
  ];
}

async function vaultState(
  view: SetupView,
  lrn: number,
  address: string,
): Promise<{ name: string; state: string }> {
  const name = serverName(lrn);
  try {
    const vault = await (lrn === view.lrn ? view.sight.localVault() : connectVault(view.host, address));
    return { name, state: (await vault.system.state()).state };
  } catch (error) {
    return { name, state: messageOf(error) };
  }
}

/**
 * Every server serves certificates that it registered, which are those issued last. Each has seen, in a phase of its own, that
 * it serves what it has; the coordinator sees across the network what all serve.
 */
async function servingFaults(view: SetupView): Promise<string[]> {
  if (!view.isCoordinator) return [];
  const servers = await view.sight.withRegistry((registry) => registry.bootServers.list());
  const faults = await Promise.all(
    servers.flatMap(({ name, address, serials }) =>
      [ports.etcdClient, ports.etcdPeer, ports.vault].map(async (port) => {
        const served = await servedSerial(address, port).catch(messageOf);
        return serials.includes(served)
          ? undefined
          : `${name}:${String(port)} does not present its latest certificate (${served})`;
      }),
    ),
  );
  return faults.filter((fault) => fault !== undefined);
}
